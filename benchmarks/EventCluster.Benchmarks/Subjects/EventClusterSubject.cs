using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>The real server process on the embedded store, flushing before it acknowledges.</summary>
public sealed class EventClusterSubject : Subject
{
    private EventClusterSubject(ServerProcess process, int tlsPort, int clearPort, string fingerprint)
        : base("EventCluster", new IPEndPoint(IPAddress.Loopback, process.Url.Port), new ProcessTree(process.Process, process.DisposeAsync))
    {
        ClearHttp2 = new IPEndPoint(IPAddress.Loopback, clearPort);
        var host = EndPoint.ToString();
        EventSource = new LiveTransport("EventSource", (stream, after) => Get(ReadPath(stream, after, "live=eventsource"), null), "HTTP/1.1 200 ", () => new ChunkBody())
        {
            Ready = "retry: ",
        };
        WebSocket = new LiveTransport("WebSocket", (stream, after) => Upgrade(ReadPath(stream, after, "heartbeat=120"), host, "eventcluster.v1"), "HTTP/1.1 101 ", () => new PlainBody())
        {
            Ready = "\"subscribed\"",
        };
        SignalR = new LiveTransport("SignalR", (_, _) => Upgrade("/v1/signalr", host, ""), "HTTP/1.1 101 ", () => new PlainBody())
        {
            Opening = SubscribeToHub,
            Ready = "\"subscribed\"",
        };
        Http2 = new LiveTransport("HTTP/2 TLS", (stream, after) => Http2Request.Get("https", $"localhost:{tlsPort}", ReadPath(stream, after, "live=eventsource"), [("accept", "text/event-stream")]), "", () => new Http2Body())
        {
            Ready = "retry: ",
            Certificate = fingerprint,
            Port = tlsPort,
        };
    }

    /// <inheritdoc />
    public override LiveTransport EventSource { get; }

    /// <summary>A WebSocket on the stream's URL.</summary>
    public LiveTransport WebSocket { get; }

    /// <summary>A subscription of the SignalR hub, over a WebSocket without negotiation.</summary>
    public LiveTransport SignalR { get; }

    /// <summary>Native EventSource framing over HTTP/2 and TLS, one connection each.</summary>
    public LiveTransport Http2 { get; }

    /// <summary>Where it speaks HTTP/2 in clear text.</summary>
    public IPEndPoint ClearHttp2 { get; }

    /// <summary>Starts one on an empty data folder.</summary>
    public static async Task<EventClusterSubject> StartAsync(BenchmarkContext context)
    {
        BenchmarkContext.Progress("starting the server");
        var certificate = WriteCertificate(out var fingerprint);
        var (tlsPort, clearPort) = (FreePort.Next(), FreePort.Next());
        try
        {
            var subject = new EventClusterSubject(
                await ServerProcess.StartAsync(
                    null,
                    [
                        "--EventCluster:LogLevel=warning", $"--EventCluster:Tls:CertificatePath={certificate}",
                        $"--EventCluster:Http2Url=http://127.0.0.1:{clearPort}", .. context.Settings.ServerArguments,
                    ],
                    context.CancellationToken,
                    $"https://127.0.0.1:{tlsPort}"),
                tlsPort,
                clearPort,
                fingerprint);

            // The addresses are opened one after the other; the first one answers for the process.
            await Listening.WaitAsync(new IPEndPoint(IPAddress.Loopback, tlsPort));
            await Listening.WaitAsync(subject.ClearHttp2);
            return subject;
        }
        finally
        {
            File.Delete(certificate);
        }
    }

    /// <inheritdoc />
    public override Task CreateAsync(string stream) => PutAsync(PublishPath(stream));

    /// <inheritdoc />
    protected override string PublishPath(string stream) => $"/v1/stream/{stream}";

    /// <inheritdoc />
    protected override string PositionOf(HttpResponseMessage answer, string body) => answer.Headers.GetValues(HeaderNames.NextOffset).Single();

    private static string ReadPath(string stream, string? after, string query) => $"/v1/stream/{stream}?{query}&offset={after ?? "now"}";

    private static byte[] Upgrade(string path, string host, string protocol) => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + (protocol.Length > 0 ? $"Sec-WebSocket-Protocol: {protocol}\r\n\r\n" : "\r\n"));

    private static byte[] SubscribeToHub(string stream, string? after) =>
    [
        .. ClientFrame.Text("{\"protocol\":\"json\",\"version\":1}\x1e"u8),
        .. ClientFrame.Text(Encoding.ASCII.GetBytes(
            $$"""{"type":4,"invocationId":"1","target":"Subscribe","arguments":["{{stream}}","{{after ?? "now"}}",{}]}""" + '\x1e')),
    ];

    private static string WriteCertificate(out string fingerprint)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        fingerprint = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        var path = Path.GetTempFileName();
        File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n");
        return path;
    }
}
