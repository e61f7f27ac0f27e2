using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using EventCluster.Abstractions.Store;

namespace EventCluster.Faults.Images;

/// <summary>
/// Everything that a store serves at one moment: of every stream head, histories, owner's state and producers, and every block
/// byte by byte, those of trimmed and deleted streams that forks hold included.
/// </summary>
internal sealed class StoreState(IReadOnlyList<StatePart> parts)
{
    private const int StreamsPerPage = 1000;
    private const int BlocksPerPage = 10_000;
    private const int BytesPerRead = 1 << 20;

    public IReadOnlyList<StatePart> Parts => parts;

    /// <summary>Places that the store refused to serve.</summary>
    public IEnumerable<string> Refusals => parts.Select(part => part.Refusal).OfType<string>();

    /// <summary>Reads everything.</summary>
    public static async Task<StoreState> ReadAsync(ILogStore store)
    {
        var parts = new List<StatePart>();
        foreach (var head in await store.ListAsync("", null, StreamsPerPage, CancellationToken.None))
        {
            var opened = await store.OpenAsync(head.Name, CancellationToken.None);
            parts.Add(new StatePart(head.Name.Value, -1, Encode(head, opened.Producers)));
            await ReadBlocksAsync(store, head, parts);
        }

        return new StoreState(parts);
    }

    /// <summary>Whether this is that state, apart from what the store refused to serve.</summary>
    public bool Fits(StoreState acknowledged)
    {
        if (parts.Count != acknowledged.Parts.Count)
        {
            return false;
        }

        for (var i = 0; i < parts.Count; i++)
        {
            if (!parts[i].Fits(acknowledged.Parts[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What differs, in words.</summary>
    public string Compare(StoreState acknowledged)
    {
        var was = acknowledged.Parts.ToDictionary(part => (part.Stream, part.Sequence));
        var differences = new List<string>();
        foreach (var part in parts)
        {
            if (!was.Remove((part.Stream, part.Sequence), out var expected))
            {
                differences.Add($"{Describe(part)} is served though it was not acknowledged so");
            }
            else if (!part.Fits(expected))
            {
                differences.Add($"{Describe(part)} has another content");
            }
        }

        differences.AddRange(was.Values.Select(part => $"{Describe(part)} is lost"));
        var rest = differences.Count > 5 ? $"; and {differences.Count - 5} more" : "";
        return string.Join("; ", differences.Take(5)) + rest;
    }

    private static string Describe(StatePart part) =>
        part.Sequence < 0 ? $"the head of '{part.Stream}'" : $"the block of '{part.Stream}' at {part.Sequence}";

    private static async Task ReadBlocksAsync(ILogStore store, StoredHead head, List<StatePart> parts)
    {
        var infos = await store.ListBlocksAsync(head.Name, 0, BlocksPerPage, CancellationToken.None);
        var isDamaged = false;
        for (var i = 0; i < infos.Count;)
        {
            if (isDamaged)
            {
                // Several blocks share one read: which of them is damaged is asked one by one.
                parts.Add(await ReadOneAsync(store, head, infos[i++]));
                continue;
            }

            var range = new BlockRange(head.Name, infos[i].Incarnation, infos[i].FirstSequence, infos[^1].EndSequence);
            try
            {
                var blocks = await store.ReadAsync(range, BytesPerRead, CancellationToken.None);
                isDamaged = blocks.Count == 0;
                foreach (var block in blocks)
                {
                    parts.Add(new StatePart(head.Name.Value, block.FirstSequence, block.Encoded));
                }

                i += blocks.Count;
            }
            catch (LogDamagedException)
            {
                isDamaged = true;
            }
        }
    }

    private static async Task<StatePart> ReadOneAsync(ILogStore store, StoredHead head, BlockInfo info)
    {
        try
        {
            var range = new BlockRange(head.Name, info.Incarnation, info.FirstSequence, info.EndSequence);
            var blocks = await store.ReadAsync(range, 1, CancellationToken.None);
            // Listed but not there: an empty block, which no acknowledged one equals.
            return new StatePart(head.Name.Value, info.FirstSequence, blocks.Count == 0 ? default : blocks[0].Encoded);
        }
        catch (LogDamagedException e)
        {
            return new StatePart(head.Name.Value, info.FirstSequence, default, e.Message);
        }
    }

    /// <summary>The fence is left out: it grows with every open.</summary>
    private static ReadOnlyMemory<byte> Encode(StoredHead head, IReadOnlyList<ProducerEntry> producers)
    {
        var bytes = new ArrayBufferWriter<byte>(512);
        BinaryPrimitives.WriteUInt128LittleEndian(bytes.GetSpan(16), head.LastCommitId);
        bytes.Advance(16);
        Add(bytes, head.Version);
        Add(bytes, head.Head.Tail, head.Head.Earliest, head.Head.RetainedBytes, head.Head.LastEventMilliseconds, head.Head.DueAtMilliseconds);
        foreach (var start in head.Incarnations)
        {
            Add(bytes, start.Incarnation, start.FirstSequence);
        }

        foreach (var producer in producers.OrderBy(producer => producer.Id, StringComparer.Ordinal))
        {
            Encoding.UTF8.GetBytes(producer.Id, bytes);
            Add(bytes, producer.Epoch, producer.Sequence, producer.LastUsedMilliseconds);
        }

        bytes.Write(head.State.Span);
        return bytes.WrittenMemory;
    }

    private static void Add(ArrayBufferWriter<byte> bytes, params ReadOnlySpan<long> numbers) => bytes.Write(MemoryMarshal.AsBytes(numbers));
}
