using System.Runtime.CompilerServices;
using EventCluster.Edge.Http;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.SignalR;

/// <summary>One call of <c>Subscribe</c> or <c>SubscribeMany</c>: a session whose messages SignalR pulls.</summary>
internal sealed partial class HubSubscription
{
    private readonly SessionServices _services;
    private readonly HubPeer _peer;
    private readonly IReadOnlyList<Subscription> _subscriptions;
    private readonly HubSlices _slices;
    private readonly ServerMessages _messages;
    private readonly TimeSpan _window;
    private SessionLoop? _loop;

    /// <param name="services">What all sessions share.</param>
    /// <param name="peer">The connection.</param>
    /// <param name="subscriptions">Its streams.</param>
    /// <param name="window">Least time between two deliveries.</param>
    /// <param name="cursor">The cursor over all streams; null for a call with one stream, which an error ends.</param>
    public HubSubscription(
        SessionServices services,
        HubPeer peer,
        IReadOnlyList<Subscription> subscriptions,
        TimeSpan window,
        Func<string>? cursor = null)
    {
        _services = services;
        _peer = peer;
        _subscriptions = subscriptions;
        _window = window;
        _slices = new HubSlices(SliceBytes) { Abort = peer.Abort, Cursor = cursor, ErrorEnds = cursor is null };
        _messages = new ServerMessages(_slices, services.Frames);
    }

    /// <summary>The messages, until all streams are over, the server stops, or the client wants no more.</summary>
    public async IAsyncEnumerable<HubJson> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!_peer.TryEnter(_subscriptions.Count))
        {
            throw HubMessage.Error(_services.Frames, stream: null, RequestFault.BadRequest(
                $"A connection has at most {EdgeLimits.MaxStreamsPerSession} subscriptions."));
        }

        using var left = CancellationTokenSource.CreateLinkedTokenSource(_peer.Aborted);
        await using var unwanted = cancellationToken.UnsafeRegister(_ => _slices.RunWhenWhole(left.Cancel), null);
        _loop = new SessionLoop(_services, _slices, _messages, _window, left.Token)
        {
            Client = _peer.Client,
            EndsWithLastSubscription = true,
            Cut = OnCut,
        };
        _loop.Post(Begin);
        using var stopping = _services.Stopping.UnsafeRegister(static s => ((HubSubscription)s!).OnStopping(), this);
        var running = DriveAsync(_loop);
        try
        {
            await foreach (var message in _slices.ReadAsync(cancellationToken))
            {
                yield return message;
            }
        }
        finally
        {
            await left.CancelAsync();
            await running;
            _peer.Exit(_subscriptions.Count);
        }

        if (_slices.Error is { } error)
        {
            throw HubMessage.Error(error);
        }
    }

    private void Begin()
    {
        foreach (var subscription in _subscriptions)
        {
            _loop!.Subscriptions.Add(subscription);
        }
    }

    /// <summary>The server stops: the client hears where it stood and when to come back, spread in time.</summary>
    private void OnStopping() => _loop!.Post(() =>
    {
        _messages.Move(_loop.Subscriptions.All, _peer.MoveDelayMilliseconds, "stopping");
        _loop.End();
    });

    /// <summary>The rest of an event is gone: the connection ends inside it, since no part may be taken for the whole.</summary>
    private void OnCut()
    {
        _slices.Cut();
        _loop!.End();
    }

    private async Task DriveAsync(SessionLoop loop)
    {
        Exception? surprise = null;
        try
        {
            await loop.RunAsync();
        }
        catch (OperationCanceledException)
        {
            // The client left, or wants no more.
        }
        catch (Exception e)
        {
            if (!_services.Feeds.Damage.TryReport(_services.Logger, e))
            {
                LogFault(_services.Logger, e);
            }

            surprise = HubMessage.Error(_services.Frames, stream: null, new RequestFault(
                500, ErrorCode.Internal, "The server failed; its log has more."));
        }

        _slices.Complete(surprise);
    }

    /// <summary>A fair part of what one connection may have in flight.</summary>
    private int SliceBytes() => Math.Max(EdgeLimits.SmallestHubSliceBytes, _services.Options.MaxSseSlice / Math.Max(1, _peer.Calls));
}
