using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>The bytes of one segment file, read as a whole.</summary>
internal sealed class SegmentImage(Segment segment, byte[] bytes)
{
    public uint Id => segment.Id;

    public string Path => segment.Path;

    public uint Seed => segment.Seed;

    public int Length => bytes.Length;

    public ReadOnlySpan<byte> Bytes => bytes;

    public static async ValueTask<SegmentImage> ReadAsync(Segment segment)
    {
        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)segment.File.Length));
        var read = await segment.File.ReadAsync(bytes, 0);
        return new SegmentImage(segment, read == bytes.Length ? bytes : bytes[..read]);
    }

    /// <summary>Bytes from an offset up to the last one that is not zero.</summary>
    public int UsedBehind(int offset) => offset >= Length ? 0 : Bytes[offset..].LastIndexOfAnyExcept((byte)0) + 1;

    public ReadOnlyMemory<byte> Slice(int offset, int count) => bytes.AsMemory(offset, count);

    /// <summary>The header of a group whose records are all whole, or null.</summary>
    public GroupHeader? TryReadGroup(int offset, int limit)
    {
        if (offset > limit - GroupHeader.Bytes
            || GroupHeader.TryRead(Bytes[offset..limit], Seed, Id) is not { } header
            || header.BodyBytes < 0 || header.BodyBytes > limit - offset - GroupHeader.Bytes)
        {
            return null;
        }

        var body = Bytes.Slice(offset + GroupHeader.Bytes, header.BodyBytes);
        var records = 0;
        while (!body.IsEmpty)
        {
            if (RecordFrame.TryRead(body, Seed) is not { } frame)
            {
                return null;
            }

            body = body[frame.TotalBytes..];
            records++;
        }

        return records == header.Records ? header : null;
    }

    /// <summary>The largest flushed position that any valid group header behind an offset declares.</summary>
    public JournalPosition LargestFlushedBehind(int offset)
    {
        var largest = JournalPosition.None;
        for (var at = NextHeader(offset); at >= 0; at = NextHeader(at + 8))
        {
            var header = GroupHeader.TryRead(Bytes[at..], Seed, Id);
            largest = header is { } found && found.Flushed > largest ? found.Flushed : largest;
        }

        return largest;
    }

    /// <summary>Offset of the next valid group header at or behind an offset; −1 for none.</summary>
    public int NextHeader(int offset)
    {
        while (offset < Length)
        {
            var found = Bytes[offset..].IndexOf(GroupHeader.MagicBytes);
            if (found < 0)
            {
                return -1;
            }

            offset += found;
            if (offset % 8 == 0 && GroupHeader.TryRead(Bytes[offset..], Seed, Id) is not null)
            {
                return offset;
            }

            offset++;
        }

        return -1;
    }
}
