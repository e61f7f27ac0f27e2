using System.Net;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Subjects;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>One edge of a running cluster.</summary>
public sealed class EdgeSubject : Subject
{
    /// <summary>An edge that somebody else ends.</summary>
    public EdgeSubject(ClusterProcess process)
        : base(process.Name, new IPEndPoint(IPAddress.Loopback, process.Url.Port), new ProcessTree([process.Pid], () => ValueTask.CompletedTask))
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
}
