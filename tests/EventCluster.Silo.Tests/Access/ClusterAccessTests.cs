using System.Net;
using System.Net.Sockets;
using EventCluster.Orleans.Client;
using EventCluster.Orleans.Connections;
using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EventCluster.Silo.Tests.Access;

/// <summary>Who may connect to the ports between nodes, and which nodes may start.</summary>
public sealed class ClusterAccessTests(SharedServer shared) : IDisposable
{
    private const int CannotStart = 2;
    private const string Secret = "canary-0123456789abcdef0123456789abcdef";
    private const string OtherSecret = "canary-fedcba9876543210fedcba9876543210";

    private readonly PeerCertificates _peers = new();
    private readonly PeerCertificates _strangers = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> Starts
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var role in (string[])["backlog", "edge"])
            {
                rows.Add(role, "none", "nothing tells nodes of this cluster from strangers");
                rows.Add(role, "consent only", "nothing tells nodes of this cluster from strangers");
                rows.Add(role, "http consent only", "nothing tells nodes of this cluster from strangers");
                rows.Add(role, "secret", "AllowPlaintext=true");
                rows.Add(role, "short secret", "has 32 to 4096 characters");
                rows.Add(role, "tls of another authority", "none that nodes with the authorities");
                rows.Add(role, "tls without authority", "AuthorityPath");
                rows.Add(role, "both secrets", "say the same thing");
                rows.Add(role, "no file", "cannot be read");
            }

            return rows;
        }
    }

    /// <summary>Goal: a node that strangers could reach does not start, and its one line shows no secret.</summary>
    [Theory]
    [MemberData(nameof(Starts))]
    public async Task OffLoopback_WithoutALock_DoesNotStart(string role, string access, string said)
    {
        var address = Listening.OwnAddress;
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");

        var (exitCode, output) = await SiloProcess.RefuseAsync(
            new SiloSettings("Host=127.0.0.1;Port=1", "none") { Role = role, Address = $"{address}", More = [.. Access(access)] });

        // Beside it the log may have said what was read.
        var line = Assert.Single(output.Split('\n'), static line => line.StartsWith("eventcluster: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        Assert.Equal(CannotStart, exitCode);
        Assert.Contains(said, line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", output, StringComparison.Ordinal);
    }

    /// <summary>
    /// Goal: a node with a lock listens at its advertised address only, lets in who has the key, and nobody else. Method: real
    /// publishers with and without it, at both ports, with hundreds of silent connections beside them.
    /// </summary>
    [Theory]
    [InlineData("secret and consent")]
    [InlineData("tls")]
    [InlineData("tls and secret")]
    public async Task OffLoopback_WithALock_LetsInWhoHasTheKey(string access)
    {
        var address = Listening.OwnAddress;
        Assert.SkipWhen(address is null, "This machine has no address but loopback.");
        var settings = shared.NewCluster() with { Address = $"{address}", More = [.. Access(access)] };
        await using var silo = await SiloProcess.StartAsync(settings, Cancellation);

        Assert.Equal([address], Listening.At(settings.SiloPort));
        Assert.Equal([address], Listening.At(settings.GatewayPort));
        Assert.Equal(access == "secret and consent", silo.Output.Contains("plain text at", StringComparison.Ordinal));

        var silent = new List<TcpClient>();
        foreach (var port in (int[])[settings.SiloPort, settings.GatewayPort])
        {
            await AssertStrangersAreRefusedAsync(settings, silo, new IPEndPoint(address, port), access);
            for (var i = 0; i < 300; i++)
            {
                var client = new TcpClient();
                await client.ConnectAsync(address, port, Cancellation);
                silent.Add(client);
            }
        }

        using var publisher = await ConnectedAsync(
            () => Publisher.Own(settings.ClusterId, $"{address}:{settings.GatewayPort}", SecretOf(access), TlsOf(access, _peers)));
        var stream = publisher.Services.GetRequiredService<EventClusterClient>().GetStream("orders");
        await stream.CreateAsync("text/plain", cancellationToken: Cancellation);
        await stream.AppendAsync("an order", cancellationToken: Cancellation);
        await publisher.StopAsync(Cancellation);
        silent.ForEach(static client => client.Dispose());
        Assert.DoesNotContain("canary", silo.Output, StringComparison.Ordinal);
    }

    /// <summary>Goal: a node without the key ends with one line, and the others go on. Method: everything that can differ.</summary>
    [Theory]
    [InlineData("secret", "another secret", "different values")]
    [InlineData("secret", "none", "")]
    [InlineData("none", "secret", "")]
    [InlineData("tls", "tls of strangers", "TLS failed")]
    [InlineData("tls", "none", "")]
    [InlineData("tls and secret", "tls", "")]
    public async Task SecondNode_WithoutTheKey_EndsWithOneLineAndHarmsNobody(string first, string second, string said)
    {
        var settings = shared.NewCluster() with { More = [.. Access(first)] };
        await using var silo = await SiloProcess.StartAsync(settings, Cancellation);

        var (exitCode, output) = await SiloProcess.RefuseAsync(
            settings with { SiloPort = FreePort.Next(), GatewayPort = FreePort.Next(), More = [.. Access(second)] });

        Assert.Equal(CannotStart, exitCode);
        Assert.Contains("cannot join the cluster", output, StringComparison.Ordinal);
        Assert.Contains(said, output, StringComparison.Ordinal);
        Assert.Single(output.Split('\n'), static line => line.StartsWith("eventcluster: ", StringComparison.Ordinal));
        Assert.DoesNotContain("canary", output + silo.Output, StringComparison.Ordinal);
        Assert.False(silo.HasEnded, silo.Output);
        await silo.UntilReadyAsync(Cancellation);
    }

    [Theory]
    [InlineData("backlog", null, true)]
    [InlineData("edge", null, false)]
    [InlineData("both", null, true)]
    [InlineData("edge", "true", true)]
    [InlineData("backlog", "false", false)]
    public async Task Gateway_IsOpenWhereItShouldBe(string role, string? set, bool isOpen)
    {
        var settings = shared.NewCluster() with
        {
            Role = role,
            Address = "127.0.0.2",
            More = set is null ? [] : [$"--EventCluster:Cluster:Gateway={set}"],
        };
        await using var silo = SiloProcess.Launch(settings);
        await Phase.UntilAsync(
            "the silo listens", "an address", () => Listening.At(settings.SiloPort).Count, listening => listening > 0 || silo.HasEnded, Cancellation);
        await silo.UntilSaysAsync("serves", Cancellation);

        Assert.Equal([IPAddress.Parse("127.0.0.2")], Listening.At(settings.SiloPort));
        Assert.Equal(isOpen ? [IPAddress.Parse("127.0.0.2")] : [], Listening.At(settings.GatewayPort));
    }

    public void Dispose()
    {
        _peers.Dispose();
        _strangers.Dispose();
    }

    /// <summary>Connects as often as it takes: Orleans tries once, and on a busy machine a handshake may not be over in its time.</summary>
    private static async Task<Microsoft.Extensions.Hosting.IHost> ConnectedAsync(Func<Microsoft.Extensions.Hosting.IHost> make)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var publisher = make();
            if (await publisher.ConnectAsync(Phase.HangGuard) is not { } fault)
            {
                return publisher;
            }

            publisher.Dispose();
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Phase.HangGuard, $"Whoever has the key is not let in: {fault}");
        }
    }

    private async Task AssertStrangersAreRefusedAsync(SiloSettings settings, SiloProcess silo, IPEndPoint port, string access)
    {
        var before = Refusals(silo);
        var gateway = $"{port}";
        foreach (var make in (Func<Microsoft.Extensions.Hosting.IHost>[])
        [
            () => Publisher.Stranger(settings.ClusterId, port),
            () => Publisher.Stranger("eventcluster", port),
            () => Publisher.Own(settings.ClusterId, gateway, ClusterSecret.Parse(OtherSecret), TlsOf(access, _strangers)),
            () => Publisher.Own(settings.ClusterId, gateway, access == "tls" ? ClusterSecret.Parse(OtherSecret) : null, TlsOf(access, _peers)),
        ])
        {
            // How long Orleans tries is its own affair. On a busy machine no attempt may get so far, so each next one has longer.
            var patience = TimeSpan.FromSeconds(0.5);
            await Phase.UntilAsync(
                "the silo says that it refused",
                async () =>
                {
                    using var stranger = make();
                    Assert.NotNull(await stranger.ConnectAsync(patience *= 2));
                    return Refusals(silo) > before;
                },
                static () => { },
                Cancellation);
            before = Refusals(silo);
        }
    }

    private static int Refusals(SiloProcess silo) => silo.Output.Split("Refused a connection").Length - 1;

    private static ClusterSecret? SecretOf(string access) =>
        access.Contains("secret", StringComparison.Ordinal) ? ClusterSecret.Parse(Secret) : null;

    private static ClusterTls? TlsOf(string access, PeerCertificates whose)
    {
        var certificate = whose.Write("publisher");
        return access.StartsWith("tls", StringComparison.Ordinal) ? ClusterTls.FromPemFiles(certificate, certificate, whose.AuthorityPath) : null;
    }

    private IEnumerable<string> Access(string access) => access switch
    {
        "none" => [],
        "consent only" => ["--EventCluster:Cluster:AllowPlaintext=true"],
        "http consent only" => ["--EventCluster:AllowUnauthenticated=true"],
        "secret" => [$"--EventCluster:Cluster:Secret={Secret}"],
        "another secret" => [$"--EventCluster:Cluster:Secret={OtherSecret}"],
        "short secret" => ["--EventCluster:Cluster:Secret=canary", "--EventCluster:Cluster:AllowPlaintext=true"],
        "both secrets" => [$"--EventCluster:Cluster:Secret={Secret}", $"--EventCluster:Cluster:SecretFile={_peers.Write("secret", Secret)}"],
        "no file" => ["--EventCluster:Cluster:SecretFile=/nowhere/secret", .. Access("consent only")],
        "secret and consent" => [$"--EventCluster:Cluster:SecretFile={_peers.Write("secret", Secret + "\n")}", .. Access("consent only")],
        "tls" => Tls(_peers, _peers.AuthorityPath),
        "tls and secret" => [.. Access("tls"), .. Access("secret")],
        "tls of strangers" => Tls(_strangers, _strangers.AuthorityPath),
        "tls of another authority" => Tls(_peers, _strangers.AuthorityPath),
        "tls without authority" => Tls(_peers, ""),
        _ => throw new ArgumentOutOfRangeException(nameof(access), access, "no such way"),
    };

    private static IEnumerable<string> Tls(PeerCertificates whose, string authority) =>
    [
        $"--EventCluster:Cluster:Tls:CertificatePath={whose.Write("node")}",
        .. authority.Length > 0 ? (string[])[$"--EventCluster:Cluster:Tls:AuthorityPath={authority}"] : [],
    ];
}
