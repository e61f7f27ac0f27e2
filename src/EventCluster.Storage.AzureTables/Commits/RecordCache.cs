using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Entities;

namespace EventCluster.Storage.AzureTables.Commits;

/// <summary>
/// The heads that this node's owners saw last, so that a commit needs no question first. Never more than a hint: the ETag
/// decides, and what is missing is read. Two generations, the older one dropped when the newer one is full.
/// </summary>
internal sealed class RecordCache
{
    private const int PerGeneration = 50_000;

    private readonly Lock _gate = new();
    private Dictionary<StreamName, StreamRecord> _young = [];
    private Dictionary<StreamName, StreamRecord> _old = [];

    /// <summary>Remembers a head, without the state.</summary>
    public void Keep(StreamRecord record)
    {
        lock (_gate)
        {
            if (_young.Count >= PerGeneration && !_young.ContainsKey(record.Name))
            {
                (_old, _young) = (_young, []);
            }

            _young[record.Name] = record with { State = default };
        }
    }

    /// <summary>Forgets a head.</summary>
    public void Forget(StreamName name)
    {
        lock (_gate)
        {
            _young.Remove(name);
            _old.Remove(name);
        }
    }

    /// <summary>The head as it was seen last, or null.</summary>
    public StreamRecord? Find(StreamName name)
    {
        lock (_gate)
        {
            return _young.GetValueOrDefault(name) ?? _old.GetValueOrDefault(name);
        }
    }
}
