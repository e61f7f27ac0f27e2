using EventCluster.Abstractions.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    [Fact]
    public async Task Commit_OfManyStreamsAtOnce_EachKeepsItsOrder()
    {
        const int Streams = 64, Commits = 25;
        var store = await OpenAsync();

        await Phase.OfAsync("all streams commit", Task.WhenAll(Enumerable.Range(0, Streams).Select(
            s => Task.Run(
                async () =>
                {
                    var owner = await CreateAsync(store, $"s{s:00}");
                    for (var i = 0; i < Commits; i++)
                    {
                        await owner.AppendAsync($"{s}:{i}", $"{s}:{i}b");
                    }
                },
                Cancellation))));

        await AssertAllAsync(store);
        await AssertAllAsync(await ReopenAsync(store));

        static async Task AssertAllAsync(ILogStore store)
        {
            for (var s = 0; s < Streams; s++)
            {
                var name = TestData.Name($"s{s:00}");
                var blocks = await store.ReadAsync(new BlockRange(name, 1, 0, long.MaxValue), int.MaxValue, Cancellation);
                var expected = Enumerable.Range(0, Commits).SelectMany(i => new[] { $"{s}:{i}", $"{s}:{i}b" });
                Assert.Equal(expected, Texts(blocks));
                Assert.Equal(1 + Commits, (await store.GetHeadAsync(name, Cancellation))!.Version);
            }
        }
    }

    [Fact]
    public async Task Commit_RefusedAmongOthers_NeverFailsItsNeighbours()
    {
        const int Streams = 40;
        var store = await OpenAsync();
        List<LogStoreOwner> owners = [];
        for (var s = 0; s < Streams; s++)
        {
            owners.Add(await CreateAsync(store, $"s{s:00}", "1"));
            if (s % 4 == 0)
            {
                await store.OpenAsync(owners[s].Name, Cancellation);
            }
        }

        var statuses = await Phase.OfAsync(
            "all commits settle",
            Task.WhenAll(owners.Select(owner => Task.Run(() => owner.SendAsync(owner.Next("2")), Cancellation))));

        for (var s = 0; s < Streams; s++)
        {
            var isStale = s % 4 == 0;
            Assert.Equal(isStale ? CommitStatus.Conflict : CommitStatus.Committed, statuses[s]);
            Assert.Equal(isStale ? ["1"] : ["1", "2"], Texts(await owners[s].ReadAsync(1, 0, 9)));
        }
    }

    /// <summary>
    /// Goal: a reader beside a writer sees only whole commits. Each commit's state names the tail it makes; head, state and
    /// blocks read together must agree.
    /// </summary>
    [Fact]
    public async Task GetHeadAndRead_BesideAWriter_SeeWholeCommits()
    {
        const int Commits = 300;
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        var writing = Task.Run(
            async () =>
            {
                for (var i = 1; i <= Commits; i++)
                {
                    await owner.CommitAsync(owner.Next($"{i}") with { State = TestData.Payload($"{i}") });
                }
            },
            Cancellation);

        var isLast = false;
        while (!isLast)
        {
            isLast = writing.IsCompleted;
            var head = (await store.GetHeadAsync(owner.Name, Cancellation))!;
            if (head.Head.Tail > 0)
            {
                Assert.Equal($"{head.Head.Tail}", TestData.Text(head.State));
                Assert.Equal(head.Head.Tail + 1, head.Version);
                var last = await owner.ReadAsync(1, head.Head.Tail - 1, head.Head.Tail);
                Assert.Equal([$"{head.Head.Tail}"], Texts(last));
            }

            await Task.Yield();
        }

        await Phase.OfAsync("writer ends", writing);
        Assert.Equal(Commits, (await owner.ReadAsync(1, 0, Commits)).Count);
    }
}
