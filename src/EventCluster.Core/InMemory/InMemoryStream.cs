using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Core.InMemory;

/// <summary>One stored stream. The store's lock guards it.</summary>
/// <param name="head">The head of its creation.</param>
/// <param name="timeline">The store's timeline at its creation.</param>
internal sealed class InMemoryStream(StoredHead head, int timeline)
{
    private readonly List<EventBlock> _blocks = [];
    private readonly Dictionary<string, ProducerEntry> _producers = new(StringComparer.Ordinal);
    private readonly PurgedRanges _purged = new();

    /// <summary>The committed head with the newest fence.</summary>
    public StoredHead Head { get; set; } = head;

    /// <summary>The timeline under which its newest incarnation began.</summary>
    public int Timeline { get; set; } = timeline;

    /// <summary>All remembered producers.</summary>
    public IReadOnlyList<ProducerEntry> CopyProducers() => [.. _producers.Values];

    /// <summary>Applies the parts of a commit other than the head.</summary>
    public void Apply(StreamCommit commit)
    {
        if (commit.Block is { } block)
        {
            _blocks.Add(block);
        }

        foreach (var id in commit.RemovedProducers)
        {
            _producers.Remove(id);
        }

        foreach (var producer in commit.Producers)
        {
            _producers[producer.Id] = producer;
        }

        if (commit.Purges.Count > 0)
        {
            Purge(commit.Purges, commit.Head.Tail);
        }
    }

    /// <summary>See <see cref="ILogStore.ReadAsync"/>.</summary>
    public IReadOnlyList<EventBlock> Read(BlockRange range, int maxBytes)
    {
        List<EventBlock> answer = [];
        long bytes = 0;
        var next = range.From;
        for (var i = IndexOfHolder(range.From); i >= 0 && i < _blocks.Count && next < range.To; i++)
        {
            var block = _blocks[i];
            bytes += block.Encoded.Length;
            var isConsecutive = block.FirstSequence <= next && next < block.EndSequence;
            if (block.Incarnation != range.Incarnation || !isConsecutive || (answer.Count > 0 && bytes > maxBytes))
            {
                break;
            }

            answer.Add(block);
            next = block.EndSequence;
        }

        return answer;
    }

    /// <summary>See <see cref="ILogStore.ListBlocksAsync"/>.</summary>
    public IReadOnlyList<BlockInfo> ListBlocks(long from, int limit)
    {
        List<BlockInfo> answer = [];
        for (var i = IndexOfHolder(from); i < _blocks.Count && answer.Count < limit; i++)
        {
            var block = _blocks[i];
            answer.Add(new BlockInfo(
                block.Incarnation, block.FirstSequence, block.Count, block.PayloadBytes, block.LastTimeMilliseconds));
        }

        return answer;
    }

    private void Purge(IReadOnlyList<SequenceRange> ranges, long tail)
    {
        foreach (var range in ranges)
        {
            // What is not appended yet cannot be purged in advance.
            _purged.Add(range with { To = Math.Min(range.To, tail) });
        }

        _blocks.RemoveAll(block => _purged.Covers(block.FirstSequence, block.EndSequence));
        _purged.ForgetBefore(_blocks.Count == 0 ? tail : _blocks[0].FirstSequence);
    }

    /// <summary>Index of the first block that ends after a sequence; the count when none does.</summary>
    private int IndexOfHolder(long sequence)
    {
        var (low, high) = (0, _blocks.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _blocks[middle].EndSequence > sequence ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
