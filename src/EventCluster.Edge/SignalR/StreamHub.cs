using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Composite;
using EventCluster.Edge.Http;
using EventCluster.Edge.Memory;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace EventCluster.Edge.SignalR;

/// <summary>The methods that SignalR clients call (docs/PROTOCOL.md, SignalR).</summary>
internal sealed class StreamHub(SessionServices services, HubConnections connections) : Hub
{
    /// <summary>Delivers one stream.</summary>
    public IAsyncEnumerable<HubJson> Subscribe(
        string? stream, string? offset, JsonElement options, CancellationToken cancellationToken) =>
        HubRequests.TrySubscribe(stream, offset, options, out var subscription, out var window, out var fault)
            ? new HubSubscription(services, connections.Of(Context), [subscription], window).RunAsync(cancellationToken)
            : throw HubMessage.Error(services.Frames, stream, fault);

    /// <summary>Delivers several streams with one cursor over all of them.</summary>
    public IAsyncEnumerable<HubJson> SubscribeMany(
        JsonElement streams, JsonElement options, CancellationToken cancellationToken) =>
        HubRequests.TrySubscribeMany(streams, options, out var request, out var fault)
            ? RunAsync(request, connections.Of(Context), cancellationToken)
            : throw HubMessage.Error(services.Frames, stream: null, fault);

    /// <summary>Appends events, closes, or both.</summary>
    public async Task<HubJson> Append(string? stream, JsonElement append)
    {
        // SignalR holds a copy of the argument while the call lasts; its payloads are copied once more.
        var argument = append.ValueKind == JsonValueKind.Undefined ? [] : JsonMarshal.GetRawUtf8Value(append);
        var held = services.Inbound.Messages.TryReserve(argument.Length, argument.Length + AppendCost.OfMessage(argument));
        if (!held.IsGranted)
        {
            throw HubMessage.Error(services.Frames, stream, ClientMessageParser.NoMemory);
        }

        try
        {
            return await AppendHeldAsync(stream, append);
        }
        finally
        {
            held.Release();
        }
    }

    private async Task<HubJson> AppendHeldAsync(string? stream, JsonElement append)
    {
        if (!HubRequests.TryStream(stream, out var name, out var fault))
        {
            throw HubMessage.Error(services.Frames, stream, fault);
        }

        var answer = connections.Of(Context).Answers.Begin(name);
        AppendOutcome? outcome = null;
        if (HubRequests.TryAppend(stream, append, out var message, out fault))
        {
            outcome = await services.AppendAsync(name, message.Request);
        }

        await answer;
        return outcome switch
        {
            null => throw HubMessage.Error(services.Frames, stream, fault!),
            AppendOutcome.Appended a => Appended(name, a.Next, isDuplicate: false, a.Closed),
            AppendOutcome.Duplicate d => Appended(name, d.Tail, isDuplicate: true, d.Closed),
            AppendOutcome.AlreadyClosed c => Appended(name, c.Tail, isDuplicate: true, isClosed: true),
            _ => throw HubMessage.Error(services.Frames, stream, ErrorResponses.Of(outcome, name)!),
        };
    }

    /// <summary>What a stream is, without reading it.</summary>
    public async Task<HubJson> Describe(string? stream)
    {
        if (!HubRequests.TryStream(stream, out var name, out var fault))
        {
            throw HubMessage.Error(services.Frames, stream, fault);
        }

        var answer = connections.Of(Context).Answers.Begin(name);
        var outcome = await services.DescribeAsync(name, Context.ConnectionAborted);
        await answer;
        return outcome is DescribeOutcome.Found found
            ? HubMessage.Described(services.Frames, found.Descriptor)
            : throw HubMessage.Error(services.Frames, stream, ErrorResponses.Of(outcome, name)!);
    }

    /// <inheritdoc />
    public override Task OnConnectedAsync()
    {
        connections.Add(Context);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context);
        return Task.CompletedTask;
    }

    private HubJson Appended(StreamName name, StreamOffset tail, bool isDuplicate, bool isClosed) =>
        HubMessage.Appended(services.Frames, name, tail, isDuplicate, isClosed, services.Streams.Durability);

    private async IAsyncEnumerable<HubJson> RunAsync(
        HubManyRequest request, HubPeer peer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var opened = await CompositeStart.OpenAsync(services, request.Streams, request.Starts, cancellationToken);
        foreach (var start in opened)
        {
            var fault = start.Refusal(request.Options.OnGap, lastEventId: "", request.Options.WaitForStream is not null)
                ?? (start.Outcome is ReadOutcome.Unavailable ? ErrorResponses.Of(start.Outcome, start.Name) : null);
            if (fault is not null)
            {
                throw HubMessage.Error(services.Frames, start.Name.Value, fault);
            }
        }

        var subscriptions = opened.Select(start => new Subscription(start.Name, request.Options with { Start = start.Start })
        {
            Position = start.Position,
        }).ToArray();
        var hash = CompositeCursor.HashOf(request.Streams);
        var call = new HubSubscription(
            services, peer, subscriptions, request.Window, () => CompositeCursor.ToText(hash, subscriptions));
        await foreach (var message in call.RunAsync(cancellationToken))
        {
            yield return message;
        }
    }
}
