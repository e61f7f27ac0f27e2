using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    // Ascending by bytes of UTF-8. UTF-16 order would put U+10000 and U+1F600 (surrogates D8xx) before U+E000 and U+FFFD.
    private static readonly string[] NamesInByteOrder =
    [
        "A", "a", "a b", "a-b", "a/b", "a/b/c", "a/c", "a0", "aB", "ab", "b/1", "z", "\u00e9", "\ue000", "\ufffd",
        "\U00010000", "\U0001F600", "\U0001F600/x",
    ];

    [Fact]
    public async Task List_All_ComesInByteOrderOfNames()
    {
        var store = await OpenAsync();
        await CreateShuffledAsync(store);

        Assert.Equal(NamesInByteOrder, await ListNamesAsync(store, ""));
        store = await ReopenAsync(store);
        Assert.Equal(NamesInByteOrder, await ListNamesAsync(store, ""));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a/")]
    [InlineData("a/b")]
    [InlineData("b")]
    [InlineData("\U0001F600")]
    [InlineData("\ufffd")]
    [InlineData("zz")]
    [InlineData("0")]
    public async Task List_ByPrefix_IsExactlyThoseNames(string prefix)
    {
        var store = await OpenAsync();
        await CreateShuffledAsync(store);

        var expected = NamesInByteOrder.Where(n => n.StartsWith(prefix, StringComparison.Ordinal));

        Assert.Equal(expected, await ListNamesAsync(store, prefix));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("", 4)]
    [InlineData("a", 2)]
    public async Task List_InPages_MissesAndRepeatsNothing(string prefix, int limit)
    {
        var store = await OpenAsync();
        await CreateShuffledAsync(store);
        List<string> seen = [];
        StreamName? after = null;
        while (true)
        {
            var page = await store.ListAsync(prefix, after, limit, Cancellation);
            Assert.True(page.Count <= limit);
            if (page.Count == 0)
            {
                break;
            }

            seen.AddRange(page.Select(h => h.Name.Value));
            after = page[^1].Name;
        }

        Assert.Equal(NamesInByteOrder.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)), seen);
    }

    [Fact]
    public async Task List_AfterANameThatIsGone_GoesOnBehindIt()
    {
        var store = await OpenAsync();
        await CreateShuffledAsync(store);

        Assert.Equal(["z", "\u00e9"], (await ListNamesAsync(store, "", "b/2")).Take(2));
        Assert.Empty(await ListNamesAsync(store, "a", "b"));
        Assert.Equal(["a"], (await ListNamesAsync(store, "a", "A")).Take(1));
    }

    [Fact]
    public async Task List_AfterRemove_LeavesTheNameOut()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a", "1");
        await CreateAsync(store, "b", "1");

        await owner.RemoveAsync();

        Assert.Equal(["b"], await ListNamesAsync(store, ""));
    }

    [Fact]
    public async Task ListDue_IsInclusiveAndEarliestFirstAndRepeats()
    {
        var store = await OpenAsync();
        await CreateDueAsync(store, "later", 300);
        await CreateDueAsync(store, "first", 100);
        await CreateDueAsync(store, "second", 200);
        await CreateDueAsync(store, "never", StreamHead.NeverDue);

        Assert.Empty(await DueAsync(store, 99));
        Assert.Equal(["first"], await DueAsync(store, 100));
        Assert.Equal(["first", "second", "later"], await DueAsync(store, 300));
        Assert.Equal(["first", "second", "later"], await DueAsync(store, long.MaxValue - 1));
        Assert.Equal(["first", "second"], await DueAsync(store, 300, limit: 2));
        store = await ReopenAsync(store);
        Assert.Equal(["first", "second", "later"], await DueAsync(store, 300));
    }

    [Fact]
    public async Task ListDue_FollowsTheNewestCommit()
    {
        var store = await OpenAsync();
        var owner = await CreateDueAsync(store, "a", 100);
        var other = await CreateDueAsync(store, "b", 100);

        await owner.CommitAsync(owner.Next() with { Head = owner.Head with { DueAtMilliseconds = 500 } });
        await other.CommitAsync(other.Next() with { Head = other.Head with { DueAtMilliseconds = StreamHead.NeverDue } });
        Assert.Empty(await DueAsync(store, 499));
        Assert.Equal(["a"], await DueAsync(store, 500));

        await other.CommitAsync(other.Next() with { Head = other.Head with { DueAtMilliseconds = 50 } });
        await owner.RemoveAsync();
        Assert.Equal(["b"], await DueAsync(store, 1_000));
    }

    [Fact]
    public async Task DrawIncarnation_ByManyAtOnce_NeverRepeats()
    {
        var store = await OpenAsync();

        var drawn = await Task.WhenAll(Enumerable.Range(0, 200).Select(
            _ => Task.Run(async () => await store.DrawIncarnationAsync(Cancellation), Cancellation)));

        Assert.Equal(200, drawn.Distinct().Count());
        Assert.True(drawn.Min() >= 1);
        Assert.True(await store.DrawIncarnationAsync(Cancellation) > drawn.Max());
    }

    [Fact]
    public async Task DrawIncarnation_AfterACommittedOne_IsLargerAlsoAfterReopen()
    {
        var store = await OpenAsync();
        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        await owner.CommitAsync(owner.Create(1_000, "x"));
        Assert.True(await store.DrawIncarnationAsync(Cancellation) > 1_000);
        await owner.StartHistoryAsync(2_000);
        var deleted = await LogStoreOwner.OpenAsync(store, "b", Cancellation);
        await deleted.CommitAsync(deleted.Create(3_000, "x"));
        await deleted.RemoveAsync();
        Assert.True(await store.DrawIncarnationAsync(Cancellation) > 3_000);

        store = await ReopenAsync(store);

        Assert.True(await store.DrawIncarnationAsync(Cancellation) > 3_000);
    }

    [Fact]
    public async Task Create_AboveTheStreamLimit_IsRefusedUntilOneIsRemoved()
    {
        var store = await OpenAsync(maxStreams: 3);
        var first = await CreateAsync(store, "a");
        await CreateAsync(store, "b");
        await CreateAsync(store, "c");
        var fourth = await LogStoreOwner.OpenAsync(store, "d", Cancellation);

        Assert.Equal(CommitStatus.TooManyStreams, await fourth.SendAsync(fourth.Next("x")));
        Assert.Null(await store.GetHeadAsync(fourth.Name, Cancellation));
        await first.AppendAsync("still fine");
        await first.RemoveAsync();

        Assert.Equal(CommitStatus.Committed, await fourth.SendAsync(fourth.Next("x")));
        Assert.Equal(["b", "c", "d"], await ListNamesAsync(store, ""));
    }

    private static async Task CreateShuffledAsync(ILogStore store)
    {
        var names = NamesInByteOrder.ToArray();
        new Random(7).Shuffle(names);
        foreach (var name in names)
        {
            await CreateAsync(store, name);
        }
    }

    private static async Task<LogStoreOwner> CreateDueAsync(ILogStore store, string name, long due)
    {
        var owner = await LogStoreOwner.OpenAsync(store, name, Cancellation);
        await owner.CommitAsync(owner.Next() with { Head = owner.Head with { DueAtMilliseconds = due } });
        return owner;
    }

    private static async Task<string[]> ListNamesAsync(ILogStore store, string prefix, string? after = null)
    {
        StreamName? start = after is null ? null : TestData.Name(after);
        return [.. (await store.ListAsync(prefix, start, 1_000, Cancellation)).Select(h => h.Name.Value)];
    }

    private static async Task<string[]> DueAsync(ILogStore store, long now, int limit = 10) =>
        [.. (await store.ListDueAsync(now, limit, Cancellation)).Select(n => n.Value)];
}
