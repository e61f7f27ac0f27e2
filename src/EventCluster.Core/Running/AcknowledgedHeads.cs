using System.Collections.Concurrent;
using EventCluster.Protocol;

namespace EventCluster.Core.Running;

/// <summary>
/// The newest heads that this node acknowledged of streams whose owner here ended against its will. When such a stream is opened
/// again and its head is older, the store has lost commits, and nothing else would say so (CORRECTNESS rule 28).
/// </summary>
internal sealed class AcknowledgedHeads
{
    /// <summary>Heads that are kept. For further streams a loss is noticed only when the store itself reports it.</summary>
    private const int Most = 100_000;

    private readonly ConcurrentDictionary<StreamName, AcknowledgedHead> _heads = new();

    /// <summary>Remembers a head.</summary>
    public void Note(StreamName name, AcknowledgedHead head)
    {
        if (_heads.Count < Most || _heads.ContainsKey(name))
        {
            _heads[name] = head;
        }
    }

    /// <summary>What is known of a stream; null for nothing.</summary>
    public AcknowledgedHead? Find(StreamName name) => _heads.TryGetValue(name, out var head) ? head : null;

    /// <summary>The stream has an owner here again, which knows better.</summary>
    public void Forget(StreamName name) => _heads.TryRemove(name, out _);
}
