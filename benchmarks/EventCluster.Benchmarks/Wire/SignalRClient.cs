using System.Net;
using System.Text.Json;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.Wire;

/// <summary>SignalR's JSON protocol over a WebSocket: negotiation, upgrade, handshake, one subscription.</summary>
public sealed class SignalRClient(IPEndPoint host, string stream, EventScan scan) : SocketClient(host, stream, scan)
{
    private const char RecordSeparator = '\x1e';
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(15);

    /// <inheritdoc />
    public override async Task OpenAsync(IPEndPoint server, CancellationToken cancellationToken)
    {
        await Socket.ConnectAsync(server);
        await Socket.SendAsync(
            Browser.Request("POST", Host, "/v1/signalr/negotiate?negotiateVersion=1", ("Content-Length", "0"), ("Origin", $"http://{Host}"), ("Accept", "*/*")),
            cancellationToken);
        var head = await ReadHeadAsync(cancellationToken);
        var body = await TakeAsync(HttpAnswer.ContentLength(System.Text.Encoding.ASCII.GetBytes(head)), cancellationToken);
        using var negotiated = JsonDocument.Parse(body);
        await UpgradeAsync($"/v1/signalr?id={negotiated.RootElement.GetProperty("connectionToken").GetString()}", null, cancellationToken);
        await SendTextAsync($$"""{"protocol":"json","version":1}{{RecordSeparator}}""", cancellationToken);
        await AwaitAsync($"{{}}{RecordSeparator}", cancellationToken);
        await SendTextAsync(
            $$"""{"type":4,"invocationId":"1","target":"Subscribe","arguments":["{{Stream}}","now",{}]}{{RecordSeparator}}""", cancellationToken);
        await AwaitAsync("\"contentType\"", cancellationToken);
    }

    /// <inheritdoc />
    public override async Task RunAsync(CancellationToken cancellationToken) =>
        await await Task.WhenAny(base.RunAsync(cancellationToken), PingAsync(cancellationToken));

    /// <inheritdoc />
    protected override ValueTask AnswerAsync(ReadOnlyMemory<byte> received, CancellationToken cancellationToken) => default;

    // A client of SignalR says something every 15 s, or the server takes it for gone.
    private async Task PingAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(PingInterval, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            await SendTextAsync($$"""{"type":6}{{RecordSeparator}}""", cancellationToken);
        }
    }
}
