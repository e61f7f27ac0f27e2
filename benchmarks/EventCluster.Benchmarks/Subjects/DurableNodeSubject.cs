using System.Net;
using EventCluster.Benchmarks.Clients;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>The npm server of the Durable Streams protocol, streams in memory.</summary>
public sealed class DurableNodeSubject : Subject
{
    private DurableNodeSubject(IPEndPoint endPoint, ProcessTree processes)
        : base("Durable Streams (npm)", endPoint, processes)
    {
        EventSource = new LiveTransport(
            "SSE", (stream, after) => Get($"{PublishPath(stream)}?live=sse&offset={after ?? "now"}", null), "HTTP/1.1 200 ", () => new ChunkBody())
        {
            Ready = "streamNextOffset",
        };
    }

    /// <inheritdoc />
    public override LiveTransport EventSource { get; }

    /// <summary>Starts one.</summary>
    /// <param name="script">The program that starts the server on the port that it is given.</param>
    public static async Task<DurableNodeSubject> StartAsync(string script)
    {
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        var processes = ProcessTree.Start("node", [script, endPoint.Port.ToString()]);
        await Listening.WaitAsync(endPoint);
        return new DurableNodeSubject(endPoint, processes);
    }

    /// <inheritdoc />
    public override Task CreateAsync(string stream) => PutAsync(PublishPath(stream));

    /// <inheritdoc />
    protected override string PublishPath(string stream) => $"/v1/stream/{stream}";

    /// <inheritdoc />
    protected override string PositionOf(HttpResponseMessage answer, string body) => answer.Headers.GetValues(HeaderNames.NextOffset).Single();
}
