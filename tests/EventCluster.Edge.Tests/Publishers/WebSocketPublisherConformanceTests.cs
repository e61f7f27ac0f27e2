using EventCluster.Conformance.Publishers;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Publishers;

/// <summary><c>append</c> messages.</summary>
public sealed class WebSocketPublisherConformanceTests : EdgePublisherConformance
{
    /// <inheritdoc />
    protected override async Task<string?> AppendAsync(StreamName name, PublisherCase append)
    {
        using var socket = await SocketClient.OpenAsync(Server, "/v1/streams");
        await socket.SendAsync($$"""{"type":"append","id":1,"stream":"{{name.Value}}",{{Members(append)}}}""");
        var answer = await socket.ReceiveAsync();
        return answer.GetProperty("type").GetString() == "ack" ? null : answer.GetProperty("code").GetString();
    }
}
