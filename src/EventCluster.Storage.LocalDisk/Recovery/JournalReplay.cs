using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Checkpoints;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>
/// Applies scanned records to the index. A checkpoint may already hold some of them, because it is written while commits
/// go on: versions tell.
/// </summary>
internal sealed class JournalReplay(StreamIndex index, CheckpointRange checkpoint)
{
    /// <summary>Applies all records of a group where they lie.</summary>
    public void ApplyGroup(SegmentImage image, GroupExtent extent) =>
        ForEachRecord(image, extent, (record, frame, position) =>
        {
            switch (frame.Kind)
            {
                case RecordKind.Commit:
                    Apply(ReadCommit(record, frame, position));
                    break;
                case RecordKind.Moved:
                    var (number, old) = RecordCodec.ReadMoved(record.Span);
                    ApplyMove(number, ReadBlock(record, frame, position).Ref, old);
                    break;
                case RecordKind.Tombstone:
                    ApplyTombstone(position.Segment, RecordCodec.ReadTombstone(record.Span).OldestSegment);
                    break;
                default:
                    throw new InvalidDataException($"Unknown kind of record at {position}.");
            }
        });

    /// <summary>Applies a commit unless the checkpoint has it.</summary>
    /// <exception cref="LogDamagedException">A commit before it is missing.</exception>
    public void Apply(CommitChange change)
    {
        index.Remember(change.Incarnations?.Latest.Incarnation ?? 0);
        var version = index.Find(change.Number)?.Version;
        if (version is null && change.Version > 1 && checkpoint.MayHaveDropped(change.Number, change.Position))
        {
            return;
        }

        if (version >= change.Version)
        {
            return;
        }

        if (change.Version != (version ?? 0) + 1)
        {
            var name = index.Find(change.Number)?.Name.Value ?? change.Name?.Value ?? $"number {change.Number}";
            throw new LogDamagedException(
                $"Journal at {change.Position}: stream '{name}' has version {version ?? 0}, then {change.Version}.");
        }

        index.Apply(change);
    }

    /// <summary>A commit that was applied where it lay is written again elsewhere.</summary>
    public void Relocate(CommitChange now, BlockRef? was, JournalPosition old)
    {
        if (was is { } block)
        {
            index.ApplyMove(now.Number, now.Block!.Value.Ref, block.Location);
        }

        if (now.Remove && index.Usage.OldestBuried(old.Segment) is { } oldest)
        {
            index.Usage.Bury(now.Position.Segment, oldest);
        }
    }

    public void ApplyMove(long number, BlockRef now, JournalPosition old) => index.ApplyMove(number, now, old);

    public void ApplyTombstone(uint segment, uint oldestSegment) => index.Usage.Bury(segment, oldestSegment);

    /// <summary>Reads the records of a group one by one.</summary>
    public static void ForEachRecord(
        SegmentImage image, GroupExtent extent, Action<ReadOnlyMemory<byte>, RecordFrame, JournalPosition> action)
    {
        var offset = extent.Offset + GroupHeader.Bytes;
        var end = offset + extent.BodyBytes;
        while (offset < end)
        {
            var frame = RecordFrame.TryRead(image.Bytes[offset..end], image.Seed)
                ?? throw new IOException($"'{image.Path}' changed while it was read.");
            action(image.Slice(offset, frame.TotalBytes), frame, new JournalPosition(image.Id, (uint)offset));
            offset += frame.TotalBytes;
        }
    }

    public static CommitChange ReadCommit(ReadOnlyMemory<byte> record, RecordFrame frame, JournalPosition position)
    {
        var change = RecordCodec.ReadCommit(record.Span[..frame.MetaBytes]);
        change.Position = position;
        change.Block = frame.BlockBytes == 0 ? null : ReadBlock(record, frame, position);
        return change;
    }

    public static ReadOnlyMemory<byte> BlockBytes(ReadOnlyMemory<byte> record, RecordFrame frame) =>
        frame.BlockBytes == 0
            ? default
            : record.Slice(frame.MetaBytes + RecordCodec.BlockPrefixBytes, frame.BlockBytes);

    public static PlacedBlock ReadBlock(ReadOnlyMemory<byte> record, RecordFrame frame, JournalPosition position)
    {
        if (!EventBlock.TryDecode(BlockBytes(record, frame), out var block, out var error))
        {
            throw new InvalidDataException(error);
        }

        var location = position with { Offset = position.Offset + (uint)frame.MetaBytes };
        return new PlacedBlock(BlockRef.Of(block, location), block.Incarnation);
    }
}
