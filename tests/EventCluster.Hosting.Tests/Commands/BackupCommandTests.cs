using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EventCluster.Hosting.Commands;
using EventCluster.Hosting.Configuration;
using Xunit;

namespace EventCluster.Hosting.Tests.Commands;

public sealed class BackupCommandTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eventcluster-backup-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder.FullName, "data");

    private string Copy => Path.Combine(_folder.FullName, "copy");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("http")]
    [InlineData("https")]
    public async Task Run_ServerHasTheFolderOpen_ItWritesTheCopy(string scheme)
    {
        string[] tls = scheme == "https" ? [$"--EventCluster:Tls:CertificatePath={WriteCertificate()}"] : [];
        await using var server = await RunningServer.StartAsync(["--urls", $"{scheme}://127.0.0.1:0", "--data", Data, .. tls]);

        var (exit, _) = await BackupAsync();

        Assert.Equal(ExitCode.Success, exit);
        Assert.True(File.Exists(Path.Combine(Copy, "format.json")));
    }

    [Fact]
    public async Task Run_AddressShowsAnotherCertificate_KeepsTheToken()
    {
        await using var server = await RunningServer.StartAsync(
            "--urls", "https://127.0.0.1:0", "--data", Data, $"--EventCluster:Tls:CertificatePath={WriteCertificate()}");
        var control = Path.Combine(Data, "control.json");
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder.FullName, "server.pem"));
        var fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        var text = await File.ReadAllTextAsync(control, Token);
        Assert.Contains(fingerprint, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(control, text.Replace(fingerprint, new string('0', 64), StringComparison.Ordinal), Token);

        var (exit, error) = await BackupAsync();

        Assert.Equal(ExitCode.CannotStart, exit);
        Assert.Contains("does not answer", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Copy));
    }

    private async Task<(int Exit, string Error)> BackupAsync()
    {
        using var error = new StringWriter();
        var exit = await ServerCommand.RunAsync(
            ["--data", Data, "--backup", Copy], new Terminal(TextWriter.Null, error), Token);
        return (exit, error.ToString());
    }

    private string WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        var path = Path.Combine(_folder.FullName, "server.pem");
        File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return path;
    }
}
