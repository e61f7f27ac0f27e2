using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.TestKit;

namespace EventCluster.Storage.LocalDisk.Tests.Format;

/// <summary>The store in <c>tests/fixtures</c>: one of everything that data format 1 can hold.</summary>
internal static class FixtureStore
{
    /// <summary>What the store says when it is opened, one line a stream.</summary>
    public const string Expected =
        """
        closed/ü v4 tail 3 earliest 0 retained 0 last 1767268800000 due 1767268900000 histories 1@0 state 'state 2' producers p/1/9/1767268800000,q/1/1/1 blocks 1:0+1,1:1+2 events [c d e]
        forked v2 tail 6 earliest 4 retained 2 last 1767268800000 due never histories 1@0,7@4 state 'state of forked' producers  blocks 7:4+2 events [y z]
        moved v3 tail 2 earliest 0 retained 11 last 1767268800000 due never histories 1@0 state 'state of moved' producers  blocks 1:0+1,1:1+1 events [first second]
        trimmed v41 tail 20 earliest 20 retained 0 last 1767268800000 due never histories 1@0 state 'state of trimmed' producers  blocks  events []
        """;

    /// <summary>Writes the store that <see cref="Expected"/> describes.</summary>
    public static async Task WriteAsync(StoreFixture fixture)
    {
        await fixture.OpenAsync(StoreFixture.Options(checkpointEveryBytes: 60_000));
        await fixture.CreateAsync("moved", "first", "second");
        var closed = await fixture.CreateAsync("closed/ü", "c", "d e");
        await closed.CommitAsync(closed.Next() with
        {
            State = TestData.Payload("state 2"),
            Producers = [new ProducerEntry("p", 1, 9, TestData.BaseTime), new ProducerEntry("q", 1, 1, 1)],
            RemovedProducers = [],
            Head = closed.Head with { RetainedBytes = 0, DueAtMilliseconds = TestData.BaseTime + 100_000 },
        });
        await (await fixture.CreateAsync("removed", "gone")).RemoveAsync();
        var forked = await fixture.OwnAsync("forked");
        await forked.CommitAsync(forked.Next() with
        {
            Head = forked.Head with { Tail = 4, Earliest = 4 },
            Incarnations = new IncarnationList(new IncarnationStart(1, 0), new IncarnationStart(7, 4)),
        });
        forked = await fixture.OwnAsync("forked");
        await forked.CommitAsync(forked.Next("y", "z"));
        var trimmed = await fixture.CreateAsync("trimmed");
        for (var i = 0; i < 20; i++)
        {
            await trimmed.AppendAsync(new string('x', 6000));
            await trimmed.CommitAsync(trimmed.Next() with
            {
                Head = trimmed.Head with { Earliest = trimmed.Head.Tail, RetainedBytes = 0 },
                Purges = [new SequenceRange(0, trimmed.Head.Tail)],
            });
        }
    }

    /// <summary>Everything that a store answers about its streams, one line each.</summary>
    public static async Task<string> DescribeAsync(ILogStore store)
    {
        var lines = new List<string>();
        foreach (var head in await store.ListAsync("", null, 100, CancellationToken.None))
        {
            var opened = await store.OpenAsync(head.Name, CancellationToken.None);
            var blocks = await store.ListBlocksAsync(head.Name, 0, 100, CancellationToken.None);
            var due = head.Head.DueAtMilliseconds == StreamHead.NeverDue ? "never" : $"{head.Head.DueAtMilliseconds}";
            lines.Add(
                $"{head.Name.Value} v{head.Version} tail {head.Head.Tail} earliest {head.Head.Earliest} "
                + $"retained {head.Head.RetainedBytes} last {head.Head.LastEventMilliseconds} due {due} "
                + $"histories {string.Join(',', head.Incarnations.Select(start => $"{start.Incarnation}@{start.FirstSequence}"))} "
                + $"state '{TestData.Text(head.State)}' "
                + $"producers {string.Join(',', opened.Producers.Select(p => $"{p.Id}/{p.Epoch}/{p.Sequence}/{p.LastUsedMilliseconds}"))} "
                + $"blocks {string.Join(',', blocks.Select(block => $"{block.Incarnation}:{block.FirstSequence}+{block.Count}"))} "
                + $"events [{await StoreFixture.TextAsync(store, head.Name.Value)}]");
        }

        return string.Join('\n', lines);
    }
}
