using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Incarnations;

/// <summary>One connection of one transport, with everything that it saw.</summary>
internal sealed class IncarnationReader(ISubscriberClient client, SubscribeRequest request)
{
    private readonly List<Sighting> _sightings = [];
    private TaskCompletionSource _news = NewNews();
    private volatile bool _isOver;

    /// <summary>What it saw so far; complete when it ended.</summary>
    public IReadOnlyList<Sighting> Sightings
    {
        get
        {
            lock (_sightings)
            {
                return [.. _sightings];
            }
        }
    }

    /// <summary>Reads until the connection ends or is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var sighting in client.FollowAsync(request, cancellationToken))
            {
                lock (_sightings)
                {
                    _sightings.Add(sighting);
                }

                Interlocked.Exchange(ref _news, NewNews()).TrySetResult();
            }
        }
        catch (OperationCanceledException)
        {
            // The round is over.
        }
        finally
        {
            _isOver = true;
            Interlocked.Exchange(ref _news, NewNews()).TrySetResult();
        }
    }

    /// <summary>Waits until an event that ends at a sequence was seen since the last gap, or the connection is over.</summary>
    public async Task ReachedAsync(long sequence, CancellationToken cancellationToken)
    {
        while (true)
        {
            var news = Volatile.Read(ref _news).Task;
            if (_isOver || Sightings.Any(s => s is Sighting.Event seen && seen.Offset.Sequence == sequence))
            {
                return;
            }

            await Phase.OfAsync($"{client.Name} reaches {sequence}", news.WaitAsync(cancellationToken));
        }
    }

    private static TaskCompletionSource NewNews() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
