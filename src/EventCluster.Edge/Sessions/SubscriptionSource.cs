using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>Where a subscription reads: one read at a time, and an end that waits for the read under way.</summary>
internal sealed class SubscriptionSource(FeedReader reader, int maxEvents, WaitingClient client, CancellationToken ended)
{
    private const int Idle = 0;
    private const int Busy = 1;
    private const int Left = 2;

    /// <summary>How long one wait at the tail is; its end is no news, so the next one follows.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(5);

    private readonly CancellationTokenSource _leaving = CancellationTokenSource.CreateLinkedTokenSource(ended);
    private int _state;

    /// <summary>The start that <see cref="OpenAsync"/> resolved.</summary>
    public StreamOffset Start { get; private set; }

    /// <summary>The first read, or the first after the stream was created. Null when the subscription was left meanwhile.</summary>
    /// <param name="options">Where it begins, and how long it waits for a stream that does not exist.</param>
    /// <param name="maxBytes">Payload bytes wanted at most.</param>
    /// <param name="services">Where missing streams are waited for.</param>
    /// <param name="onWaiting">Called when the stream does not exist and is waited for.</param>
    public async ValueTask<ReadOutcome?> OpenAsync(
        SubscribeOptions options, int maxBytes, SessionServices services, Action onWaiting)
    {
        if (!TryEnter())
        {
            return null;
        }

        try
        {
            var outcome = await reader.OpenNamingTailAsync(options.Start, maxBytes, maxEvents, _leaving.Token);
            if (outcome is ReadOutcome.NotFound && options.WaitForStream is { } wait)
            {
                onWaiting();
                outcome = await WaitForStreamAsync(options.Start.OfMissing(), maxBytes, wait, services);
            }

            Start = reader.Position;
            return outcome;
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>The feed that a pump can serve the subscription from; null when there is none now.</summary>
    public StreamFeed? Feed => reader.TryFeed();

    /// <summary>
    /// The next read: events, the end, or why there are none; without a wait also an empty batch at the tail. Null when the
    /// subscription was left meanwhile.
    /// </summary>
    public async ValueTask<ReadOutcome?> ReadAsync(StreamOffset position, int maxBytes, bool waits)
    {
        if (!TryEnter())
        {
            return null;
        }

        try
        {
            reader.Position = position;
            while (true)
            {
                var outcome = await reader.ReadAsync(
                    maxBytes, maxEvents, waits ? Wait : TimeSpan.Zero, _leaving.Token);
                if (!waits || outcome is not ReadOutcome.Batch { Slices.Count: 0, AtEnd: false })
                {
                    return outcome;
                }
            }
        }
        catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
        {
            return null;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Ends a read under way; nothing is read afterwards.</summary>
    public void Leave()
    {
        var before = Interlocked.Exchange(ref _state, Left);
        if (before == Busy)
        {
            _leaving.Cancel();
        }
        else if (before == Idle)
        {
            Release();
        }
    }

    private async ValueTask<ReadOutcome> WaitForStreamAsync(ReadStart start, int maxBytes, TimeSpan wait, SessionServices services)
    {
        using var place = services.Missing.TryEnter(reader.Name, client);
        if (place is null)
        {
            return MissingStreams.Full;
        }

        var began = services.Time.GetTimestamp();
        while (await place.WaitAsync(wait - services.Time.GetElapsedTime(began), services.Time, _leaving.Token))
        {
            if (await reader.OpenNamingTailAsync(start, maxBytes, maxEvents, _leaving.Token) is var outcome and not ReadOutcome.NotFound)
            {
                return outcome;
            }
        }

        return place.IsGivenUp ? MissingStreams.Full : new ReadOutcome.NotFound();
    }

    private bool TryEnter() => Interlocked.CompareExchange(ref _state, Busy, Idle) == Idle;

    private void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Busy) == Left)
        {
            Release();
        }
    }

    private void Release()
    {
        reader.Dispose();
        _leaving.Dispose();
    }
}
