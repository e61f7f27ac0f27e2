using EventCluster.Abstractions;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Timing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Delivery.Pump;

/// <summary>
/// The pumps of this edge, one unless an option says otherwise. Connections are dealt out in turn, so that the readers of
/// one busy stream share all of them; each pump encodes what its own connections need.
/// </summary>
internal sealed class SubscriptionPumps : IBackgroundPart, IDisposable
{
    private readonly SubscriptionPump[] _pumps;
    private uint _dealt;

    public SubscriptionPumps(
        FeedDirectory feeds,
        DeadlineQueue deadlines,
        IOptions<DeliveryOptions> options,
        ILogger<SubscriptionPump> logger,
        Action<Thread>? start,
        CancellationToken stopping)
    {
        _pumps = new SubscriptionPump[options.Value.Pumps];
        for (var i = 0; i < _pumps.Length; i++)
        {
            _pumps[i] = new SubscriptionPump(feeds, deadlines, logger, stopping);
        }

        try
        {
            foreach (var pump in _pumps)
            {
                pump.Start(start ?? (static thread => thread.Start()));
            }
        }
        catch (Exception)
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public string? Fault
    {
        get
        {
            foreach (var pump in _pumps)
            {
                if (pump.Fault is { } fault)
                {
                    return fault;
                }
            }

            return null;
        }
    }

    /// <summary>Connections that they serve now.</summary>
    public int Connections => _pumps.Sum(static pump => pump.Connections);

    /// <summary>Connections of each.</summary>
    public IReadOnlyList<int> Shares => [.. _pumps.Select(static pump => pump.Connections)];

    /// <summary>The pump of one more connection, which stays with it: two pumps must never meet in one connection.</summary>
    public SubscriptionPump Next() => _pumps[(Interlocked.Increment(ref _dealt) - 1) % (uint)_pumps.Length];

    public void Dispose()
    {
        foreach (var pump in _pumps)
        {
            pump.Dispose();
        }
    }
}
