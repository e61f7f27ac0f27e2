using System.Net.Security;
using System.Net.Sockets;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.Hosting.Tests.Commands;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Hosting.Tests.Node;

/// <summary>What clients get of a certificate's files, and what happens when these change.</summary>
public sealed class ServerCertificatesTests : IDisposable
{
    private readonly CertificateFiles _files = new();
    private readonly VirtualTimeProvider _clock = new();

    public static TheoryData<string, string> Forms => new()
    {
        { "leaf first, key in its file", "" },
        { "leaf first, root too, key in its file", "" },
        { "leaf last, key in its file", "" },
        { "one file", "" },
        { "one file, key first", "" },
        { "pkcs12", "" },
        { "pkcs12", "a password" },
        { "leaf first, key in its file", "a password" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Handshake_FileHoldsAChain_ClientGetsTheIntermediateToo(string form, string password)
    {
        var tls = _files.Write(form, password: password);
        await using var server = await RunningServer.StartAsync(
            "--EventCluster:Store=memory", "--urls", "https://127.0.0.1:0", $"--EventCluster:Tls:CertificatePath={tls.CertificatePath}",
            $"--EventCluster:Tls:KeyPath={tls.KeyPath}", $"--EventCluster:Tls:Password={tls.Password}");
        List<string> sent = [];
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Url.Host, server.Url.Port, Token);
        await using var client = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, (_, certificate, chain, _) =>
        {
            sent.Add(certificate!.Subject);
            sent.AddRange(chain!.ChainPolicy.ExtraStore.Select(static extra => extra.Thumbprint));
            return true;
        });
        await client.AuthenticateAsClientAsync("localhost");
        Assert.Equal("CN=localhost", sent[0]);
        Assert.Contains(_files.Intermediate, sent);
    }

    /// <summary>Every change of the files: a good one is used without a restart, a bad one is not, and the next good one is.</summary>
    [Theory]
    [InlineData("empty")]
    [InlineData("cut")]
    [InlineData("other key")]
    [InlineData("gone")]
    [InlineData("folder")]
    public async Task Watch_NewFilesCannotBeUsed_OldCertificateStaysUntilTheyAreMended(string fault)
    {
        var tls = _files.Write("leaf first, key in its file", "CN=first");
        var options = new EventClusterOptions();
        (options.Tls.CertificatePath, options.Tls.KeyPath) = (tls.CertificatePath, tls.KeyPath);
        using var certificates = new ServerCertificates(options.Tls, _clock, NullLogger<ServerCertificates>.Instance);
        Assert.Equal("CN=first", Subject(certificates));
        await certificates.StartAsync(Token);
        var changes = 0;
        certificates.Changed += () => Interlocked.Increment(ref changes);

        _files.Write("leaf first, key in its file", "CN=second");
        await AdvanceUntilAsync(() => Subject(certificates) == "CN=second");

        var good = await File.ReadAllBytesAsync(tls.CertificatePath, Token);
        Damage(tls, fault);
        Assert.False(certificates.Reload());
        _clock.Advance(ServerCertificates.Interval);
        Assert.Equal("CN=second", Subject(certificates));
        Assert.Null(certificates.Fault);

        if (fault == "folder")
        {
            Directory.Delete(tls.CertificatePath);
        }

        await File.WriteAllBytesAsync(tls.CertificatePath, good, Token);
        _files.Write("leaf first, key in its file", "CN=third");
        await AdvanceUntilAsync(() => Subject(certificates) == "CN=third");
        await Phase.UntilAsync("both changes were told", () => Volatile.Read(ref changes) == 2, Token);
        await certificates.StopAsync(Token);
    }

    [Fact]
    public void Reload_BySignal_ReadsTheFilesAgain()
    {
        var tls = _files.Write("leaf first, key in its file", "CN=first");
        var options = new EventClusterOptions();
        (options.Tls.CertificatePath, options.Tls.KeyPath) = (tls.CertificatePath, tls.KeyPath);
        using var certificates = new ServerCertificates(options.Tls, _clock, NullLogger<ServerCertificates>.Instance);
        using var signal = new ReloadSignal(options, certificates, NullLogger<ReloadSignal>.Instance);
        Assert.Equal("CN=first", Subject(certificates));
        _files.Write("leaf first, key in its file", "CN=second");
        signal.Reload();
        Assert.Equal("CN=second", Subject(certificates));
    }

    private static string Subject(ServerCertificates certificates) =>
        certificates.Current.ServerCertificateContext!.TargetCertificate.Subject;

    private void Damage(TlsSection tls, string fault)
    {
        switch (fault)
        {
            case "empty":
                File.WriteAllText(tls.CertificatePath, "");
                break;
            case "cut":
                File.WriteAllBytes(tls.CertificatePath, File.ReadAllBytes(tls.CertificatePath)[..100]);
                break;
            case "other key":
                var key = File.ReadAllText(tls.KeyPath);
                _files.Write("leaf first, key in its file", "CN=mismatched");
                File.WriteAllText(tls.KeyPath, key);
                break;
            case "folder":
                File.Delete(tls.CertificatePath);
                Directory.CreateDirectory(tls.CertificatePath);
                break;
            default:
                File.Delete(tls.CertificatePath);
                break;
        }
    }

    private Task AdvanceUntilAsync(Func<bool> reached) => Phase.UntilAsync(
        "the files are looked at",
        () =>
        {
            _clock.Advance(ServerCertificates.Interval);
            return reached();
        },
        Token);
}
