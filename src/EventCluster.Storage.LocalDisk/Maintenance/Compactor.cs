using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;
using EventCluster.Storage.LocalDisk.Recovery;

namespace EventCluster.Storage.LocalDisk.Maintenance;

/// <summary>Copies what is still needed out of a segment, through the journal's own writer, at a bounded rate.</summary>
internal sealed class Compactor(
    LocalDiskOptions options, StreamIndex index, Lock gate, JournalWriter writer, TimeProvider time)
{
    private const int BatchBytes = 1024 * 1024;

    /// <summary>
    /// True while a segment holds live blocks, or deletes of streams whose data is still in an older segment. Under the gate.
    /// </summary>
    public bool IsNeeded(Segment segment, IReadOnlyList<Segment> all) =>
        index.Usage.LiveBytes(segment.Id) > 0 || Buries(segment, all);

    /// <summary>Copies; false when stopped, or when some live block of the segment cannot be read.</summary>
    public async Task<bool> TryEmptyAsync(Segment segment, IReadOnlyList<Segment> all, Func<bool> stopping)
    {
        var image = await SegmentImage.ReadAsync(segment);
        var found = new List<PendingRecord>();
        bool buries;
        lock (gate)
        {
            buries = Buries(segment, all);
        }

        LenientReader.ForEachRecord(image, 0, (record, frame, position) =>
        {
            if (position.Offset < segment.End && ToKeep(record, frame, position, buries) is { } kept)
            {
                found.Add(kept);
            }
        });

        for (var from = 0; from < found.Count && !stopping();)
        {
            var (to, bytes) = (from, 0L);
            while (to < found.Count && bytes < BatchBytes)
            {
                bytes += found[to].MeasuredBytes;
                writer.Enqueue(found[to++]);
            }

            await SettleAsync(found[from..to]);
            from = to;
            await PauseAsync(TimeSpan.FromSeconds((double)bytes / options.CompactionBytesPerSecond), stopping);
        }

        if (stopping())
        {
            return false;
        }

        lock (gate)
        {
            index.Usage.Unbury(segment.Id);
            return index.Usage.LiveBytes(segment.Id) == 0;
        }
    }

    private async Task PauseAsync(TimeSpan rest, Func<bool> stopping)
    {
        // In slices, so that a low rate does not hold up a stop.
        for (var slice = TimeSpan.FromSeconds(0.1); rest > TimeSpan.Zero && !stopping(); rest -= slice)
        {
            await Task.Delay(rest < slice ? rest : slice, time);
        }
    }

    private static async Task SettleAsync(IReadOnlyList<PendingRecord> records)
    {
        foreach (var record in records)
        {
            if (await record.Task is var status && status != CommitStatus.Committed)
            {
                throw new IOException($"A block could not be copied forward: {status}.");
            }
        }
    }

    private bool Buries(Segment segment, IReadOnlyList<Segment> all) =>
        index.Usage.OldestBuried(segment.Id) is { } oldest
        && all.Any(other => other.Id >= oldest && other.Id < segment.Id);

    private PendingRecord? ToKeep(
        ReadOnlyMemory<byte> record, RecordFrame frame, JournalPosition position, bool buries)
    {
        var number = RecordCodec.ReadNumber(record.Span);
        if (frame.BlockBytes > 0)
        {
            var block = JournalReplay.ReadBlock(record, frame, position).Ref;
            lock (gate)
            {
                return index.Find(number)?.Blocks.Has(block) == true
                    ? new PendingMove(number, block, JournalReplay.BlockBytes(record, frame))
                    : null;
            }
        }

        if (!buries)
        {
            return null;
        }

        if (frame.Kind == RecordKind.Tombstone)
        {
            return new PendingTombstone(number, RecordCodec.ReadTombstone(record.Span).OldestSegment);
        }

        lock (gate)
        {
            return RecordCodec.IsRemoval(record.Span)
                ? new PendingTombstone(number, index.Usage.OldestBuried(position.Segment) ?? position.Segment)
                : null;
        }
    }
}
