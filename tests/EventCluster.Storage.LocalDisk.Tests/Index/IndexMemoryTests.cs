using System.Globalization;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Memory;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Index;

/// <summary>
/// What the index counts of its streams is what the collector finds: measured, within a tenth below and a third above (tables
/// grow in steps). It runs with nothing beside it.
/// </summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class IndexMemoryTests
{
    private const string Name = "index memory";
    private const double Least = 0.9;
    private const double Most = 1.35;

    /// <summary>Streams, characters of a name, bytes of state, producers, characters of an id, blocks, incarnations, and whether each is due.</summary>
    public static TheoryData<int, int, int, int, int, int, int, bool> Shapes => new()
    {
        { 40_000, 12, 40, 0, 0, 0, 1, false },
        { 40_000, 12, 40, 0, 0, 1, 1, true },
        { 40_000, 12, 200, 1, 36, 1, 1, false },
        { 20_000, 500, 40, 0, 0, 1, 1, true },
        { 400, 12, 40, 100, 36, 1, 1, false },
        { 20, 12, 40, 3_000, 200, 1, 1, false },
        { 1_000, 12, 40, 0, 0, 700, 1, false },
        { 4_000, 12, 40, 0, 0, 1, 60, false },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void CountedBytes_AnyShape_AreWhatTheCollectorFinds(
        int streams, int nameLength, int state, int producers, int idLength, int blocks, int incarnations, bool due)
    {
        // Once before, so that what runs first is not counted.
        Build(new StreamIndex(), 10, nameLength, state, producers: 2, idLength, blocks: 2, incarnations, due);
        var index = new StreamIndex();
        var share = new MemoryShare("stream-state", long.MaxValue);
        index.CountIn(share);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        Build(index, streams, nameLength, state, producers, idLength, blocks, incarnations, due);

        var measured = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(index);
        Assert.Equal(index.Entries.Sum(static entry => entry.MemoryBytes), share.Used);
        Assert.True(
            share.Used >= Least * measured && share.Used <= Most * measured,
            string.Create(
                CultureInfo.InvariantCulture,
                $"counted {share.Used / streams} bytes of each stream, measured {measured / streams}: {(double)share.Used / measured:0.00} of it"));
    }

    [Fact]
    public void CountedBytes_AllStreamsRemoved_AreGivenBack()
    {
        var index = new StreamIndex();
        var share = new MemoryShare("stream-state", long.MaxValue);
        index.CountIn(share);
        Build(index, 100, 12, 40, producers: 3, 36, blocks: 3, 2, due: true);
        Assert.True(share.Used > 0);

        foreach (var number in index.Entries.Select(static entry => entry.Number).ToArray())
        {
            index.Forget(number);
        }

        Assert.Equal(0, share.Used);
    }

    private static void Build(
        StreamIndex index, int streams, int nameLength, int state, int producers, int idLength, int blocks, int incarnations, bool due)
    {
        for (var i = 0; i < streams; i++)
        {
            var starts = Enumerable.Range(0, incarnations).Select(n => new IncarnationStart(n + 1, n)).ToArray();
            var head = new StreamHead(incarnations, 0, 0, 0, due ? i : StreamHead.NeverDue);
            index.Apply(new CommitChange
            {
                Number = i + 1,
                Name = StreamName.Parse(Text("s", i, nameLength)),
                Fence = 1,
                Version = 1,
                CommitId = 1,
                Head = head,
                Incarnations = new IncarnationList(starts),
                State = new byte[state],
                Producers = [.. Enumerable.Range(0, producers).Select(p => new ProducerEntry(Text("p", p, idLength), 0, 0, 0))],
            });
            for (var b = 0; b < blocks; b++)
            {
                index.Apply(new CommitChange
                {
                    Number = i + 1,
                    Fence = 1,
                    Version = b + 2,
                    CommitId = 1,
                    Head = head,
                    Block = new PlacedBlock(new BlockRef(incarnations + b, 0, 1, (uint)b, 1, 1), incarnations),
                    Position = new JournalPosition(1, (uint)b),
                });
            }
        }
    }

    private static string Text(string prefix, int number, int length) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}{number}").PadRight(length, 'x');
}
