using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>
/// The reservations that sources lost with a commit while their forks are there: without them a source would purge, at its next
/// trim, what its forks inherit.
/// </summary>
internal sealed class ReservationRecovery
{
    private readonly Dictionary<StreamName, List<ProducerEntry>> _lost = [];
    private readonly Dictionary<StreamName, long> _needed = [];
    private readonly ILookup<StreamName, Fork> _forks;

    /// <param name="found">Every stream with its recovered head.</param>
    /// <param name="states">What their states say.</param>
    public ReservationRecovery(IReadOnlyDictionary<StreamName, (StreamEntry Entry, StreamHead Head)> found, ISalvagedStates states)
    {
        var forks = new List<Fork>();
        foreach (var (name, (entry, head)) in found)
        {
            if (ClaimOf(states, entry) is { } claim && found.TryGetValue(claim.Source, out var source)
                && IsOfThatHistory(entry, source.Entry, claim.Point))
            {
                forks.Add(new Fork(name, head.Earliest, claim));
            }
        }

        _forks = forks.ToLookup(fork => fork.Claim.Source);
        foreach (var fork in forks)
        {
            var source = found[fork.Claim.Source].Entry;
            var from = Needed(fork);
            if (from < fork.Claim.Point && source.Producers.All(entry => entry.Id != fork.Claim.Id)
                && !states.HasReservation(source.State, fork.Claim))
            {
                Of(fork.Claim.Source).Add(new ProducerEntry(fork.Claim.Id, from, fork.Claim.Point, 0));
            }
        }
    }

    /// <summary>What a source is to get back.</summary>
    public IReadOnlyList<ProducerEntry> LostBy(StreamName source) => _lost.GetValueOrDefault(source) ?? [];

    private static ForkClaim? ClaimOf(ISalvagedStates states, StreamEntry entry)
    {
        try
        {
            return states.ClaimOf(entry.ToHead());
        }
        catch (LogDamagedException)
        {
            // Said where its places are asked for.
            return null;
        }
    }

    /// <summary>A name may have been used again: what the fork inherits is of the history that the source has there.</summary>
    private static bool IsOfThatHistory(StreamEntry fork, StreamEntry source, long point) =>
        point > 0 && source.Incarnations.HolderOf(point - 1) == fork.Incarnations.HolderOf(point - 1);

    /// <summary>The first position that a fork needs for its readers, or for those of its own forks.</summary>
    private long Needed(Fork fork)
    {
        if (!_needed.TryGetValue(fork.Name, out var needed))
        {
            needed = _forks[fork.Name].Select(Needed).Append(fork.Earliest).Min();
            _needed.Add(fork.Name, needed);
        }

        return needed;
    }

    private List<ProducerEntry> Of(StreamName source)
    {
        if (!_lost.TryGetValue(source, out var entries))
        {
            _lost.Add(source, entries = []);
        }

        return entries;
    }

    private sealed record Fork(StreamName Name, long Earliest, ForkClaim Claim);
}
