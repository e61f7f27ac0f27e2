using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>The blocks of all streams that can be read, ascending by sequence.</summary>
internal sealed class ReadableBlocks
{
    private readonly Dictionary<StreamName, PlacedBlock[]> _blocks = [];

    public void Add(StreamName stream, PlacedBlock[] ascending) => _blocks.Add(stream, ascending);

    /// <summary>Those of one stream; none when it is not there.</summary>
    public IReadOnlyList<PlacedBlock> Of(StreamName stream) => Find(stream);

    /// <summary>The parts of a range that no block of its history has.</summary>
    public IEnumerable<SequenceRange> MissingIn(BlockRange range)
    {
        var blocks = Find(range.Stream);
        var next = range.From;
        for (var i = FirstEndingAfter(blocks, next); i < blocks.Length && blocks[i].Ref.FirstSequence < range.To; i++)
        {
            if (blocks[i].Incarnation != range.Incarnation)
            {
                continue;
            }

            if (blocks[i].Ref.FirstSequence > next)
            {
                yield return new SequenceRange(next, blocks[i].Ref.FirstSequence);
            }

            next = blocks[i].Ref.EndSequence;
        }

        if (next < range.To)
        {
            yield return new SequenceRange(next, range.To);
        }
    }

    private PlacedBlock[] Find(StreamName stream) => _blocks.GetValueOrDefault(stream) ?? [];

    private static int FirstEndingAfter(PlacedBlock[] blocks, long sequence)
    {
        var (low, high) = (0, blocks.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = blocks[middle].Ref.EndSequence > sequence ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
