using System.Collections.Concurrent;
using EventCluster.Protocol;

namespace EventCluster.Failover.Partitions;

/// <summary>Which event each offset stands for, whoever saw it. Safe to use from many threads.</summary>
internal sealed class OffsetBook
{
    private readonly ConcurrentDictionary<(string Stream, StreamOffset Offset), string> _events = new();
    private readonly ConcurrentQueue<string> _contradictions = new();

    /// <summary>Offsets that stand for two events.</summary>
    public IReadOnlyCollection<string> Contradictions => _contradictions;

    /// <summary>Somebody saw an event, or was told that it is there.</summary>
    public void Note(string stream, StreamOffset offset, string payload)
    {
        var known = _events.GetOrAdd((stream, offset), payload);
        if (known != payload)
        {
            _contradictions.Enqueue($"{offset} of {stream} is {known} and {payload}");
        }
    }
}
