using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Client;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>The published .NET client of SignalR, reading messages as JSON.</summary>
internal sealed class HubClient : IAsyncDisposable
{
    private HubClient(HubConnection connection) => Connection = connection;

    public HubConnection Connection { get; }

    public static TheoryData<HttpTransportType> Transports =>
        [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling];

    public static async Task<HubClient> OpenAsync(
        EdgeServer server, HttpTransportType transport = HttpTransportType.WebSockets, Action<HttpConnectionOptions>? configure = null)
    {
        var connection = new HubConnectionBuilder()
            .WithUrl($"http://127.0.0.1:{server.Port}/v1/signalr", transport, options => configure?.Invoke(options))
            .WithAutomaticReconnect(new NoHurry())
            .AddJsonProtocol(json => json.PayloadSerializerOptions.MaxDepth = 200)
            .WithServerTimeout(Phase.HangGuard)
            .Build();
        connection.HandshakeTimeout = Phase.HangGuard;
        await Phase.OfAsync("connect", connection.StartAsync(TestContext.Current.CancellationToken));
        return new HubClient(connection);
    }

    public HubCall Subscribe(string stream, string? offset = null, object? options = null) =>
        new(cancel => Connection.StreamAsync<JsonElement>("Subscribe", stream, offset, options, cancel));

    public HubCall SubscribeMany(object? streams, object? options = null) =>
        new(cancel => Connection.StreamAsync<JsonElement>("SubscribeMany", streams, options, cancel));

    public Task<JsonElement> AppendAsync(string stream, object append) => Phase.OfAsync(
        "append", Connection.InvokeAsync<JsonElement>("Append", stream, append, TestContext.Current.CancellationToken));

    public Task<JsonElement> DescribeAsync(string stream) => Phase.OfAsync(
        "describe", Connection.InvokeAsync<JsonElement>("Describe", stream, TestContext.Current.CancellationToken));

    /// <summary>The error that a call ends with, as docs/PROTOCOL.md says to read it.</summary>
    public static async Task<JsonElement> ErrorOfAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<HubException>(call);
        using var document = JsonDocument.Parse(exception.Message[exception.Message.IndexOf('{')..]);
        return document.RootElement.Clone();
    }

    public static async Task<string> CodeOfAsync(Func<Task> call) =>
        (await ErrorOfAsync(call)).GetProperty("code").GetString()!;

    public async ValueTask DisposeAsync() => await Connection.DisposeAsync();

    /// <summary>Reconnects so late that no test sees it.</summary>
    private sealed class NoHurry : IRetryPolicy
    {
        public TimeSpan? NextRetryDelay(RetryContext retryContext) => TimeSpan.FromMinutes(10);
    }
}
