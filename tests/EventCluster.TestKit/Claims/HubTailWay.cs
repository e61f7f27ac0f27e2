using System.Text.Json;
using EventCluster.Protocol;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;

namespace EventCluster.TestKit.Claims;

/// <summary>The hub's <c>Describe</c>, or the <c>subscribed</c> of its <c>Subscribe</c>, on one connection that is made again after its end.</summary>
internal sealed class HubTailWay(string node, Uri server, bool describes) : TailWay(node, describes ? "SignalR describe" : "SignalR subscribe")
{
    private readonly SemaphoreSlim _connecting = new(1);
    private HubConnection? _connection;

    /// <inheritdoc />
    public override async Task<TailAnswer> AskAsync(string stream, StreamOffset known, CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken);
        try
        {
            if (describes)
            {
                return new TailAnswer(MessageClaims.Of(
                    await connection.InvokeAsync<JsonElement>("Describe", stream, cancellationToken).WaitAsync(cancellationToken)));
            }

            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var messages = connection.StreamAsync<JsonElement>("Subscribe", stream, $"{known}", new { }, end.Token).GetAsyncEnumerator(end.Token);
            var claim = await messages.MoveNextAsync().AsTask().WaitAsync(cancellationToken) ? MessageClaims.Of(messages.Current) : Claim.None;
            await end.CancelAsync();
            return new TailAnswer(claim);
        }
        catch (HubException e) when (e.Message.Contains('{', StringComparison.Ordinal))
        {
            return new TailAnswer(MessageClaims.Of(
                JsonSerializer.Deserialize<JsonElement>(e.Message[e.Message.IndexOf('{', StringComparison.Ordinal)..])));
        }
    }

    /// <inheritdoc />
    public override bool IsNoAnswer(Exception exception) =>
        exception is HubException or InvalidOperationException or TimeoutException or AggregateException or System.Net.WebSockets.WebSocketException
        || base.IsNoAnswer(exception);

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            // It says good-bye, which a lost network never answers.
            await Task.WhenAny(_connection.DisposeAsync().AsTask(), Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        }

        _connecting.Dispose();
        await base.DisposeAsync();
    }

    private async Task<HubConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        if (_connection is { State: HubConnectionState.Connected } connected)
        {
            return connected;
        }

        await _connecting.WaitAsync(cancellationToken);
        try
        {
            if (_connection is not { State: HubConnectionState.Connected })
            {
                var before = _connection;
                _connection = new HubConnectionBuilder().WithUrl(new Uri(server, "/v1/signalr")).Build();
                _ = before?.DisposeAsync().AsTask();
                await _connection.StartAsync(cancellationToken).WaitAsync(cancellationToken);
            }

            return _connection;
        }
        finally
        {
            _connecting.Release();
        }
    }
}
