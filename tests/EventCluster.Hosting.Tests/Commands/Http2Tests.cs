using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Hosting.Tests.Commands;

public sealed class Http2Tests : IDisposable
{
    private const int Streams = 200;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("eventcluster-tls-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Tls_ClientOffersAVersion_SpeaksIt(int major)
    {
        await using var server = await StartTlsAsync();
        using var client = Client();

        using var answer = await client.SendAsync(
            new HttpRequestMessage(HttpMethod.Get, new Uri(server.Url, "/readyz"))
            {
                Version = new Version(major, major == 1 ? 1 : 0),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            },
            Token);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(major, answer.Version.Major);
    }

    [Fact]
    public async Task Tls_CertificateCannotBeRead_EndsWithTwoAndNamesIt()
    {
        using var error = new StringWriter();
        var missing = Path.Combine(_folder.FullName, "none.pem");

        var exit = await Hosting.Commands.ServerCommand.RunAsync(
            ["--urls", "https://127.0.0.1:0", "--EventCluster:Store=memory", $"--EventCluster:Tls:CertificatePath={missing}"],
            new Hosting.Commands.Terminal(TextWriter.Null, error),
            Token);

        Assert.Equal(Hosting.Configuration.ExitCode.CannotStart, exit);
        Assert.Contains(missing, error.ToString(), StringComparison.Ordinal);
    }

    /// <summary>
    /// Goal: hundreds of subscriptions share one connection, and one whose client does not read stalls none of them.
    /// Method: the stalled one gets more than any window holds while the others wait for their own event.
    /// </summary>
    [Fact]
    public async Task ClearText_ManySubscriptionsOnOneConnection_OneStalledStreamStallsNoOther()
    {
        var port = FreePort.Next();
        await using var server = await RunningServer.StartAsync(
            "--EventCluster:Store=memory", $"--EventCluster:Http2Url=http://127.0.0.1:{port}");
        using var publisher = new HttpClient { BaseAddress = server.Url };
        using var client = Client();
        client.BaseAddress = new Uri($"http://127.0.0.1:{port}");
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await PutAsync(publisher, "stalled");
        using var stalled = await OpenAsync(client, "stalled");
        var readers = new List<Task>();
        for (var i = 0; i < Streams; i++)
        {
            await PutAsync(publisher, $"s{i}");
            readers.Add(ReadUntilAsync(await OpenAsync(client, $"s{i}"), $"data: event {i}\n"));
        }

        var flood = new string('x', 500_000);
        for (var i = 0; i < 10; i++)
        {
            await PostAsync(publisher, "stalled", flood);
        }

        for (var i = 0; i < Streams; i++)
        {
            await PostAsync(publisher, $"s{i}", $"event {i}");
        }

        await Phase.OfAsync("every reader has its event", Task.WhenAll(readers));
    }

    private async Task<RunningServer> StartTlsAsync()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var file = Path.Combine(_folder.FullName, "server.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem(), Token);
        return await RunningServer.StartAsync(
            "--EventCluster:Store=memory", "--urls", "https://127.0.0.1:0", $"--EventCluster:Tls:CertificatePath={file}");
    }

    private static HttpClient Client() => new(new SocketsHttpHandler
    {
        EnableMultipleHttp2Connections = false,
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=localhost",
        },
    });

    private static async Task<StreamReader> OpenAsync(HttpClient client, string stream)
    {
        var body = await client.GetStreamAsync(new Uri($"/v1/stream/{stream}?live=eventsource", UriKind.Relative), Token);
        var reader = new StreamReader(body, Encoding.UTF8);
        Assert.StartsWith("id: ", await reader.ReadLineAsync(Token), StringComparison.Ordinal);
        return reader;
    }

    private static async Task ReadUntilAsync(StreamReader reader, string line)
    {
        using (reader)
        {
            while (await reader.ReadLineAsync(Token) is { } next && next != line.TrimEnd('\n'))
            {
            }
        }
    }

    private static async Task PutAsync(HttpClient client, string stream)
    {
        using var answer = await client.PutAsync(
            new Uri($"/v1/stream/{stream}", UriKind.Relative), new StringContent("", Encoding.UTF8, "text/plain"), Token);
        answer.EnsureSuccessStatusCode();
    }

    private static async Task PostAsync(HttpClient client, string stream, string text)
    {
        using var answer = await client.PostAsync(
            new Uri($"/v1/stream/{stream}", UriKind.Relative), new StringContent(text, Encoding.UTF8, "text/plain"), Token);
        answer.EnsureSuccessStatusCode();
    }
}
