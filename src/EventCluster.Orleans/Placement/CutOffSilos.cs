using System.Collections.Concurrent;

namespace EventCluster.Orleans.Placement;

/// <summary>Silos that said that they do not reach the store, for as long as they go on saying so.</summary>
internal sealed class CutOffSilos(TimeProvider time)
{
    /// <summary>How long a word counts; a silo repeats it every second.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SiloAddress, long> _saidAt = new();

    /// <summary>None said so lately.</summary>
    public bool IsEmpty => _saidAt.IsEmpty;

    /// <summary>A silo said whether it is cut off.</summary>
    public void Note(SiloAddress silo, bool isCutOff)
    {
        if (isCutOff)
        {
            _saidAt[silo] = time.GetTimestamp();
        }
        else
        {
            _saidAt.TryRemove(silo, out _);
        }
    }

    /// <summary>Whether a silo is cut off.</summary>
    public bool Contains(SiloAddress silo)
    {
        if (!_saidAt.TryGetValue(silo, out var at))
        {
            return false;
        }

        if (time.GetElapsedTime(at) < Lasts)
        {
            return true;
        }

        _saidAt.TryRemove(new KeyValuePair<SiloAddress, long>(silo, at));
        return false;
    }
}
