using System.Buffers.Binary;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Checkpoints;

/// <summary>
/// Writes checkpoints: chunks of {checksum (u32), length (u32), kind (u8), contents}. Streams are encoded a few at a
/// time under the store's gate, so commits go on meanwhile.
/// </summary>
internal sealed class CheckpointWriter(IDisk disk, string directory, UInt128 storeId, Lock gate, StreamIndex index)
{
    public const int ChunkHeaderBytes = 8;

    // Long enough to make few writes, short enough that nobody waits long for the gate.
    private const int ChunkBytes = 256 * 1024;

    private readonly ByteWriter _chunk = new(ChunkBytes * 2);

    public static uint Seed(UInt128 storeId, uint number) => ~Checksum.SegmentSeed(storeId, number);

    /// <summary>Writes a checkpoint and makes it durable.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="startNumber">Starts of the store so far.</param>
    /// <param name="flush">Makes everything that is applied durable: a checkpoint covers flushed positions only.</param>
    /// <returns>What it stands for, and its bytes.</returns>
    public async Task<(CheckpointRange Range, long Bytes)> WriteAsync(uint number, long startNumber, Func<Task> flush)
    {
        var path = $"{directory}/{DataFormat.CheckpointFile(number)}";
        var temporary = path + DataFormat.TemporarySuffix;
        var file = await disk.CreateAsync(temporary);
        CheckpointRange range;
        long bytes;
        try
        {
            await using (file)
            {
                (range, bytes) = await WriteChunksAsync(file, Seed(storeId, number), startNumber, flush);
                await file.FlushAsync();
            }

            await disk.RenameAsync(temporary, path);
        }
        catch (Exception)
        {
            await disk.DeleteAsync(temporary);
            throw;
        }

        await disk.FlushDirectoryAsync(directory);
        return (range, bytes);
    }

    private async Task<(CheckpointRange Range, long Bytes)> WriteChunksAsync(
        IDiskFile file, uint seed, long startNumber, Func<Task> flush)
    {
        var (range, entries) = Begin(startNumber);
        await flush();
        var offset = await WriteChunkAsync(file, seed, 0);
        var written = 0L;
        for (var next = 0; next < entries.Length;)
        {
            (next, var count) = EncodeStreams(entries, next);
            written += count;
            offset = count == 0 ? offset : await WriteChunkAsync(file, seed, offset);
        }

        range = range with { To = End(written) };
        await flush();
        return (range, await WriteChunkAsync(file, seed, offset));
    }

    private (CheckpointRange Range, StreamEntry[] Entries) Begin(long startNumber)
    {
        lock (gate)
        {
            _chunk.Clear();
            _chunk.U8((byte)CheckpointChunk.Header);
            _chunk.U64(index.Applied.Packed);
            _chunk.I64(index.NextNumber);
            _chunk.I64(index.LargestIncarnation);
            _chunk.I64(startNumber);
            return (new CheckpointRange(index.Applied, index.Applied, index.NextNumber), [.. index.Entries]);
        }
    }

    private (int Next, int Count) EncodeStreams(StreamEntry[] entries, int next)
    {
        var count = 0;
        _chunk.Clear();
        _chunk.U8((byte)CheckpointChunk.Streams);
        lock (gate)
        {
            for (; next < entries.Length && _chunk.Length < ChunkBytes; next++)
            {
                if (!entries[next].Removed)
                {
                    CheckpointEntryCodec.Write(_chunk, entries[next]);
                    count++;
                }
            }
        }

        return (next, count);
    }

    private JournalPosition End(long written)
    {
        lock (gate)
        {
            var buried = index.Usage.Buried;
            _chunk.Clear();
            _chunk.U8((byte)CheckpointChunk.Footer);
            _chunk.U64(index.Applied.Packed);
            _chunk.I64(written);
            _chunk.U32((uint)buried.Count);
            foreach (var (segment, oldest) in buried)
            {
                _chunk.U32(segment);
                _chunk.U32(oldest);
            }

            return index.Applied;
        }
    }

    private async ValueTask<long> WriteChunkAsync(IDiskFile file, uint seed, long offset)
    {
        var head = new byte[ChunkHeaderBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(head, Checksum.Compute(seed, _chunk.Written));
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), (uint)_chunk.Length);
        await file.WriteAsync([head, _chunk.WrittenMemory], offset);
        return offset + head.Length + _chunk.Length;
    }
}
