using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Pump;

namespace EventCluster.Edge.Sessions;

/// <content>
/// A connection whose only stream has caught up is served by the pump, which writes what all its connections share on one
/// thread. Whatever is posted meanwhile ends the ride, is dealt with, and the ride goes on.
/// </content>
internal sealed partial class SessionLoop
{
    private Subscription? _boarding;
    private PumpedConnection? _connection;
    private readonly PumpInterrupt _interrupt = new();

    /// <summary>Makes the connection that a pump serves; null for transports that the loop alone writes.</summary>
    public Func<Subscription, PumpedConnection>? Carriage { get; init; }

    private bool CanRide(Subscription subscription) =>
        Carriage is not null && _window == TimeSpan.Zero && Subscriptions.Count == 1
        && subscription.Credit == Subscription.Unbounded && subscription.Options.MaxMessageBytes == 0;

    /// <summary>Whether a read that did not wait found nothing, so that a pump can take over.</summary>
    private bool TryBoard(SessionEvent next)
    {
        if (next.Outcome is not ReadOutcome.Batch { Slices.Count: 0, AtEnd: false })
        {
            return false;
        }

        _boarding = next.Subscription;
        return true;
    }

    private void Enqueue(SessionEvent next)
    {
        _events.Writer.TryWrite(next);
        _interrupt.Raise();
    }

    /// <summary>Waits until there is something to do, on the pump if possible. False when the connection is gone.</summary>
    private async ValueTask<bool> WaitAsync()
    {
        if (_boarding is { } subscription)
        {
            _boarding = null;
            if (!await RideAsync(subscription))
            {
                return false;
            }
        }

        return Subscriptions.HasReady || await _events.Reader.WaitToReadAsync(_ended);
    }

    private async ValueTask<bool> RideAsync(Subscription subscription)
    {
        if (subscription.Phase == SubscriptionPhase.Reading && CanRide(subscription) && subscription.Source!.Feed is { } feed)
        {
            var interrupted = _interrupt.Arm();
            var connection = Volatile.Read(ref _connection);
            if (connection is null || connection.Framing != subscription.Framing)
            {
                connection = Carriage!(subscription);
                Volatile.Write(ref _connection, connection);
            }

            // What was posted before the pump was armed is seen here; what comes later cancels.
            var exit = PumpExit.Cancelled;
            if (!_events.Reader.TryPeek(out _) && !_events.Reader.Completion.IsCompleted)
            {
                connection.Position = subscription.Position;
                exit = await connection.RunAsync(_services.Pumps.Next(), feed, interrupted);
                subscription.Position = connection.Position;
            }

            _interrupt.Disarm();
            if (exit == PumpExit.Aborted)
            {
                return false;
            }
        }

        Subscriptions.OnDelivered(subscription);
        return true;
    }
}
