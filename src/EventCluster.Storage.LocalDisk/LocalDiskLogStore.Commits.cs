using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;
using EventCluster.Storage.LocalDisk.Reading;

namespace EventCluster.Storage.LocalDisk;

/// <content>What happens to a commit before and after the journal.</content>
public sealed partial class LocalDiskLogStore
{
    private OpenedStream OpenSettled(StreamName name)
    {
        var fence = _fences.Next();
        if (_index.Find(name) is not { } entry)
        {
            _fences.SetAbsent(name, fence);
            return new OpenedStream(fence, null, []);
        }

        entry.Fence = fence;
        return new OpenedStream(fence, entry.ToHead(), [.. entry.Producers]);
    }

    private void Check(StreamCommit commit)
    {
        var bytes = (long)(commit.Block?.Encoded.Length ?? 0) + (commit.State?.Length ?? 0);
        if (bytes > MaxCommitBytes || commit.Producers.Count + commit.RemovedProducers.Count > MaxCommitProducers)
        {
            throw new ArgumentException(
                $"A commit may have {MaxCommitBytes} bytes and {MaxCommitProducers} producers; this one has {bytes} and "
                + $"{commit.Producers.Count + commit.RemovedProducers.Count}.",
                nameof(commit));
        }
    }

    private CommitStatus? Refuse(StreamCommit commit, StreamEntry? entry)
    {
        if (_writer.Health.IsFinal)
        {
            return CommitStatus.Refused;
        }

        var newest = entry is null
            ? _fences.IsNewestForAbsent(commit.Name, commit.Fence)
            : entry.Fence == commit.Fence;
        if (!newest || (entry?.Version ?? 0) != commit.ExpectedVersion || _inFlight.ContainsKey(commit.Name))
        {
            return CommitStatus.Conflict;
        }

        CheckBlock(commit, entry);
        return entry is null && _index.Count + _creating >= _options.MaxStreams ? CommitStatus.TooManyStreams : null;
    }

    private static void CheckBlock(StreamCommit commit, StreamEntry? entry)
    {
        if (entry is null && (commit.State is null || commit.Incarnations is null || commit.Remove))
        {
            throw new ArgumentException(
                "A creating commit carries state and incarnations, and removes nothing.", nameof(commit));
        }

        if (commit.Remove)
        {
            return;
        }

        var oldTail = entry?.Head.Tail ?? commit.Block?.FirstSequence ?? commit.Head.Tail;
        var newest = (commit.Incarnations ?? entry!.Incarnations).Latest.Incarnation;
        if (commit.Head.Tail != (commit.Block?.EndSequence ?? oldTail)
            || (commit.Block is { } block && (block.FirstSequence != oldTail || block.Incarnation != newest)))
        {
            throw new ArgumentException(
                "A block continues at the old tail in the newest history, and the new tail is its end.", nameof(commit));
        }
    }

    private CommitChange ToChange(StreamCommit commit, StreamEntry? entry) => new()
    {
        Number = entry?.Number ?? _index.NextNumber++,
        Name = entry is null ? commit.Name : null,
        Fence = commit.Fence,
        Version = commit.ExpectedVersion + 1,
        CommitId = commit.CommitId,
        Head = commit.Head,
        Incarnations = commit.Incarnations,
        State = commit.State,
        Producers = commit.Producers,
        RemovedProducers = commit.RemovedProducers,
        Purges = commit.Purges,
        Remove = commit.Remove,
        Block = commit.Block is { } block && !commit.Remove ? new PlacedBlock(BlockRef.Of(block, JournalPosition.None), block.Incarnation) : null,
    };

    private void Applied(IReadOnlyList<PendingRecord> records, JournalPosition end, long group)
    {
        lock (_gate)
        {
            foreach (var record in records)
            {
                record.Apply(_index);
                Settle(record);
            }

            (_index.Applied, _index.AppliedGroup) = (end, group);
            _housekeeper?.Notice();
        }
    }

    private void Abandoned(IReadOnlyList<PendingRecord> records)
    {
        lock (_gate)
        {
            foreach (var record in records)
            {
                record.Abandon();
                Settle(record);
            }
        }
    }

    private void Settle(PendingRecord record)
    {
        if (record is PendingCommit { Creates: true })
        {
            _creating--;
        }

        if (record is PendingCommit { Removed: { } removed })
        {
            _fences.SetAbsent(removed.Name, removed.Fence);
        }
    }

    private BlocksToRead? Look(BlockRange range, int maxBytes)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_index.Find(range.Stream) is not { } entry || Collect(entry.Blocks, range, maxBytes) is not { Length: > 0 } refs)
            {
                return null;
            }

            var segments = new Dictionary<uint, Segment>();
            foreach (ref readonly var block in refs.AsSpan())
            {
                if (!segments.ContainsKey(block.Segment))
                {
                    segments.Add(block.Segment, _opened.Start.Segments.Acquire(block.Segment));
                }
            }

            return new BlocksToRead(range.Stream, entry.Number, range.Incarnation, refs, segments);
        }
    }

    private static BlockRef[] Collect(BlockList blocks, BlockRange range, int maxBytes)
    {
        var items = blocks.Items;
        var from = blocks.FirstEndingAfter(range.From);
        if (from == items.Length || items[from].FirstSequence > range.From)
        {
            return [];
        }

        var to = from;
        long bytes = 0;
        while (to < items.Length
            && items[to].FirstSequence < range.To
            && (to == from || items[to].FirstSequence == items[to - 1].EndSequence)
            && blocks.IncarnationOf(items[to]) == range.Incarnation
            && (to == from || bytes + items[to].EncodedBytes <= maxBytes))
        {
            bytes += items[to++].EncodedBytes;
        }

        return items[from..to].ToArray();
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_writer.Health.IsFinal)
        {
            // What the last group left on the disk is known only after a restart.
            throw new IOException(_writer.Health.Reason);
        }
    }
}
