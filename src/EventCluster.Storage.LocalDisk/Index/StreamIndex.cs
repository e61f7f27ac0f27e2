using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Index;

/// <summary>Everything the store knows without reading blocks. Holds flushed state only; guarded by the store's gate.</summary>
internal sealed class StreamIndex
{
    private readonly Dictionary<StreamName, StreamEntry> _byName = [];
    private readonly Dictionary<long, StreamEntry> _byNumber = [];
    private readonly SortedSet<string> _names = new(Utf8Order);
    private readonly SortedSet<(long Due, string Name)> _due = new(DueOrder);

    private static Comparer<string> Utf8Order { get; } = Comparer<string>.Create(StreamName.CompareUtf8);

    private static Comparer<(long Due, string Name)> DueOrder { get; } = Comparer<(long Due, string Name)>.Create(
        static (left, right) => left.Due != right.Due
            ? left.Due.CompareTo(right.Due)
            : string.CompareOrdinal(left.Name, right.Name));

    private MemoryShare? _memory;

    public int Count => _byName.Count;

    public IReadOnlyCollection<StreamEntry> Entries => _byNumber.Values;

    public SegmentUsage Usage { get; } = new();

    /// <summary>The number of the next stream to be created.</summary>
    public long NextNumber { get; set; } = 1;

    /// <summary>The largest incarnation that any commit ever used.</summary>
    public long LargestIncarnation { get; set; }

    /// <summary>Everything before this place is applied.</summary>
    public JournalPosition Applied { get; set; }

    /// <summary>Number of the last group before it.</summary>
    public long AppliedGroup { get; set; }

    public StreamEntry? Find(StreamName name) => _byName.GetValueOrDefault(name);

    public StreamEntry? Find(long number) => _byNumber.GetValueOrDefault(number);

    /// <summary>Adds an entry as a checkpoint has it, blocks included.</summary>
    public void AddLoaded(StreamEntry entry)
    {
        Add(entry);
        foreach (ref readonly var block in entry.Blocks.Items)
        {
            Usage.Take(block);
        }
    }

    /// <summary>Applies a commit whose version fits.</summary>
    public void Apply(CommitChange change)
    {
        var entry = Find(change.Number) ?? Create(change);
        entry.Fence = Math.Max(entry.Fence, change.Fence);
        entry.Version = change.Version;
        entry.LastCommitId = change.CommitId;
        entry.Incarnations = change.Incarnations ?? entry.Incarnations;
        entry.State = change.State ?? entry.State;
        Remember(change.Incarnations?.Latest.Incarnation ?? 0);
        entry.UpdateProducers(change.Producers, change.RemovedProducers);
        SetHead(entry, change.Head);
        if (change.Block is { } block)
        {
            Remember(block.Incarnation);
            entry.Blocks.Add(block);
            Usage.Take(block.Ref);
        }

        if (change.Remove)
        {
            Remove(entry, change.Position.Segment);
        }
        else
        {
            if (change.Purges.Count > 0)
            {
                Purge(entry, change.Purges);
            }

            CountBytes(entry);
        }
    }

    /// <summary>Counts in a share what is held of each stream, now and from now on.</summary>
    public void CountIn(MemoryShare share)
    {
        _memory = share;
        foreach (var entry in _byNumber.Values)
        {
            CountBytes(entry);
        }
    }

    /// <summary>Applies a block's move if the index still points at the old place.</summary>
    public void ApplyMove(long number, BlockRef now, JournalPosition old)
    {
        if (Find(number) is { } entry && entry.Blocks.TryMove(now.FirstSequence, old, now.Location))
        {
            Usage.Take(now);
            Usage.Release(now.MovedTo(old));
        }
    }

    public IEnumerable<StreamEntry> List(string prefix, StreamName? after)
    {
        var from = after is { } name && Utf8Order.Compare(name.Value, prefix) > 0 ? name.Value : prefix;
        if (_names.Count == 0 || Utf8Order.Compare(from, _names.Max!) > 0)
        {
            yield break;
        }

        foreach (var text in _names.GetViewBetween(from, _names.Max))
        {
            if (!text.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield break;
            }

            if (after?.Value != text)
            {
                yield return _byName[StreamName.Parse(text)];
            }
        }
    }

    public IEnumerable<StreamName> ListDue(long now) =>
        _due.TakeWhile(due => due.Due <= now).Select(due => StreamName.Parse(due.Name));

    public void Remember(long incarnation) => LargestIncarnation = Math.Max(LargestIncarnation, incarnation);

    /// <summary>Takes a stream out, wherever its delete is recorded.</summary>
    public void Forget(long number)
    {
        if (Find(number) is { } entry)
        {
            Remove(entry, 0);
        }
    }

    private StreamEntry Create(CommitChange change)
    {
        if (change.Name is not { } name || change.Incarnations is null || Find(name) is not null)
        {
            throw new InvalidDataException("A record creates a stream without a name, or one that exists.");
        }

        var entry = new StreamEntry { Number = change.Number, Name = name, Incarnations = change.Incarnations };
        NextNumber = Math.Max(NextNumber, change.Number + 1);
        entry.Head = change.Head with { DueAtMilliseconds = StreamHead.NeverDue };
        Add(entry);
        return entry;
    }

    private void Add(StreamEntry entry)
    {
        _byName.Add(entry.Name, entry);
        _byNumber.Add(entry.Number, entry);
        _names.Add(entry.Name.Value);
        if (entry.Head.DueAtMilliseconds != StreamHead.NeverDue)
        {
            _due.Add((entry.Head.DueAtMilliseconds, entry.Name.Value));
        }

        Remember(entry.Incarnations.Latest.Incarnation);
    }

    private void SetHead(StreamEntry entry, StreamHead head)
    {
        if (head.DueAtMilliseconds != entry.Head.DueAtMilliseconds)
        {
            _due.Remove((entry.Head.DueAtMilliseconds, entry.Name.Value));
            if (head.DueAtMilliseconds != StreamHead.NeverDue)
            {
                _due.Add((head.DueAtMilliseconds, entry.Name.Value));
            }
        }

        entry.Head = head;
    }

    private void Remove(StreamEntry entry, uint recordSegment)
    {
        foreach (ref readonly var block in entry.Blocks.Items)
        {
            Usage.Release(block);
            Usage.Bury(recordSegment, block.Segment);
        }

        entry.Removed = true;
        _memory?.Release(entry.CountedBytes);
        entry.CountedBytes = 0;
        _byName.Remove(entry.Name);
        _byNumber.Remove(entry.Number);
        _names.Remove(entry.Name.Value);
        _due.Remove((entry.Head.DueAtMilliseconds, entry.Name.Value));
    }

    private void CountBytes(StreamEntry entry)
    {
        if (_memory is null || entry.MemoryBytes - entry.CountedBytes is not (var more and not 0))
        {
            return;
        }

        entry.CountedBytes += more;
        if (more > 0)
        {
            _memory.Take(more);
        }
        else
        {
            _memory.Release(-more);
        }
    }

    private void Purge(StreamEntry entry, IReadOnlyList<SequenceRange> purges)
    {
        var merged = SequenceRanges.Merge(entry.PartialPurges, purges);
        entry.Blocks.Purge(merged, Usage.Release);
        entry.PartialPurges = entry.Blocks.PartsInsideBlocks(merged);
    }
}
