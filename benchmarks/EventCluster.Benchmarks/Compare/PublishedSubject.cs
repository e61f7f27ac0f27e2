using System.Net;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Subjects;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Compare;

/// <summary>A server of either side: only what both speak.</summary>
public sealed class PublishedSubject : Subject
{
    /// <summary>A running server.</summary>
    /// <param name="name">In figures.</param>
    /// <param name="process">Where it runs.</param>
    /// <param name="isStopped">Whether it is stopped in good order at the end, because its data is used again; killed otherwise.</param>
    public PublishedSubject(string name, ServerProcess process, bool isStopped)
        : this(name, new IPEndPoint(IPAddress.Loopback, process.Url.Port), new ProcessTree(process.Process, () => EndAsync(process, isStopped)))
    {
    }

    /// <summary>A running server in several processes.</summary>
    /// <param name="name">In figures.</param>
    /// <param name="endPoint">Where it listens.</param>
    /// <param name="processes">What it runs in.</param>
    public PublishedSubject(string name, IPEndPoint endPoint, ProcessTree processes)
        : base(name, endPoint, processes)
    {
        EventSource = new LiveTransport(
            "EventSource", (stream, after) => Get($"{PublishPath(stream)}?live=eventsource&offset={after ?? "now"}", null), "HTTP/1.1 200 ", () => new ChunkBody())
        {
            Ready = "retry: ",
        };
    }

    /// <inheritdoc />
    public override LiveTransport EventSource { get; }

    /// <inheritdoc />
    public override Task CreateAsync(string stream) => PutAsync(PublishPath(stream));

    /// <inheritdoc />
    protected override string PublishPath(string stream) => $"/v1/stream/{stream}";

    /// <inheritdoc />
    protected override string PositionOf(HttpResponseMessage answer, string body) => answer.Headers.GetValues(HeaderNames.NextOffset).Single();

    private static async ValueTask EndAsync(ServerProcess process, bool isStopped)
    {
        if (isStopped)
        {
            await process.TerminateAsync();
        }

        await process.DisposeAsync();
    }
}
