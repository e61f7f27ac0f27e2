using System.Text.Json;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>One call that delivers, message by message.</summary>
internal sealed class HubCall : IAsyncDisposable
{
    private readonly CancellationTokenSource _left =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private readonly IAsyncEnumerator<JsonElement> _messages;

    public HubCall(Func<CancellationToken, IAsyncEnumerable<JsonElement>> call) =>
        _messages = call(_left.Token).GetAsyncEnumerator(_left.Token);

    /// <summary>The next message; null at the end of the call.</summary>
    public async Task<JsonElement?> NextAsync() =>
        await Phase.OfAsync("message", _messages.MoveNextAsync().AsTask()) ? _messages.Current : null;

    /// <summary>The next message, which must be of this type.</summary>
    public async Task<JsonElement> ExpectAsync(string type)
    {
        var message = await NextAsync();
        Assert.True(message is { } seen && seen.GetProperty("type").GetString() == type, $"Expected {type}, seen {message}");
        return message.Value;
    }

    /// <summary>Reads events until there are so many; answers their payloads as JSON text.</summary>
    public async Task<List<string>> EventsAsync(int count)
    {
        var events = new List<string>();
        while (events.Count < count)
        {
            var message = await ExpectAsync("events");
            events.AddRange(message.GetProperty("events").EnumerateArray().Select(e => SocketClient.PayloadOf(e).GetRawText()));
        }

        Assert.Equal(count, events.Count);
        return events;
    }

    public async ValueTask DisposeAsync()
    {
        await _left.CancelAsync();
        try
        {
            await _messages.DisposeAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or NotSupportedException)
        {
            // A read under way ends with the cancellation.
        }

        _left.Dispose();
    }
}
