using System.Buffers.Binary;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Checkpoints;

/// <summary>Reads checkpoint files.</summary>
internal static class CheckpointReader
{
    /// <summary>The checkpoint, or null if the file is not a whole one of this store.</summary>
    public static Task<Checkpoint?> TryReadAsync(IDisk disk, string directory, UInt128 storeId, uint number) =>
        TryReadAsync(disk, directory, storeId, number, number);

    /// <summary>The checkpoint in a file that may have the name of another one.</summary>
    public static async Task<Checkpoint?> TryReadAsync(IDisk disk, string directory, UInt128 storeId, uint number, uint made)
    {
        var file = await disk.OpenAsync($"{directory}/{DataFormat.CheckpointFile(number)}", writable: false);
        await using (file)
        {
            try
            {
                return await ReadAsync(file, storeId, made);
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentException)
            {
                return null;
            }
        }
    }

    private static async Task<Checkpoint> ReadAsync(IDiskFile file, UInt128 storeId, uint number)
    {
        var seed = CheckpointWriter.Seed(storeId, number);
        var index = new StreamIndex();
        var (range, startNumber, offset) = (CheckpointRange.None, 0L, 0L);
        while (true)
        {
            var chunk = await ReadChunkAsync(file, seed, offset);
            offset += CheckpointWriter.ChunkHeaderBytes + chunk.Length;
            switch ((CheckpointChunk)chunk[0])
            {
                case CheckpointChunk.Header:
                    (range, startNumber) = ReadHeader(chunk, index);
                    break;
                case CheckpointChunk.Streams:
                    ReadStreams(chunk, index);
                    break;
                case CheckpointChunk.Footer:
                    var to = ReadFooter(chunk, index);
                    return new Checkpoint(number, range with { To = to }, startNumber, index);
                default:
                    throw new InvalidDataException("Unknown chunk.");
            }
        }
    }

    private static async Task<byte[]> ReadChunkAsync(IDiskFile file, uint seed, long offset)
    {
        var head = new byte[CheckpointWriter.ChunkHeaderBytes];
        var whole = await file.ReadAsync(head, offset) == head.Length;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
        if (!whole || length == 0 || length > file.Length - offset - head.Length)
        {
            throw new InvalidDataException("A chunk is cut short.");
        }

        var chunk = GC.AllocateUninitializedArray<byte>((int)length);
        if (await file.ReadAsync(chunk, offset + head.Length) != chunk.Length
            || BinaryPrimitives.ReadUInt32LittleEndian(head) != Checksum.Compute(seed, chunk))
        {
            throw new InvalidDataException("A chunk fails its checksum.");
        }

        return chunk;
    }

    private static (CheckpointRange Range, long StartNumber) ReadHeader(byte[] chunk, StreamIndex index)
    {
        var reader = new ByteReader(chunk);
        reader.U8();
        var from = JournalPosition.FromPacked(reader.U64());
        var next = reader.I64();
        index.NextNumber = next;
        index.Remember(reader.I64());
        return (new CheckpointRange(from, from, next), reader.I64());
    }

    private static void ReadStreams(byte[] chunk, StreamIndex index)
    {
        var reader = new ByteReader(chunk);
        reader.U8();
        while (reader.Remaining > 0)
        {
            index.AddLoaded(CheckpointEntryCodec.Read(ref reader));
        }
    }

    private static JournalPosition ReadFooter(byte[] chunk, StreamIndex index)
    {
        var reader = new ByteReader(chunk);
        reader.U8();
        var to = JournalPosition.FromPacked(reader.U64());
        if (reader.I64() != index.Count)
        {
            throw new InvalidDataException("A chunk is missing.");
        }

        for (var count = reader.Count(8); count > 0; count--)
        {
            index.Usage.Bury(reader.U32(), reader.U32());
        }

        return to;
    }
}
