using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Core.InMemory;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Import;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Import;

/// <summary>What a copy leaves out: streams whose name or history is taken, and with them whatever shares their events.</summary>
public sealed class ImportCheckTests(SharedServer shared) : StoreTest(shared)
{
    private readonly InMemoryLogStore _source = new(new InMemoryLogStoreOptions());

    [Fact]
    public async Task Check_NameTaken_LeavesOutTheWholeFamilyAndNothingElse()
    {
        var target = await OpenStoreAsync();
        await CreateAsync(_source, "source", [5]);
        await CreateAsync(_source, "fork", [5, 6]);
        await CreateAsync(_source, "fork-of-fork", [5, 6, 7]);
        await CreateAsync(_source, "other", [8]);
        await CreateAsync(target, "fork", [50]);

        Assert.Equal(
            [
                "fork NameTaken fork",
                "fork-of-fork RelativeRefused fork",
                "source RelativeRefused fork",
            ],
            await CheckAsync(target));
    }

    [Fact]
    public async Task Check_HistoryOfTheSameNumber_LeavesTheFamilyOut()
    {
        var target = await OpenStoreAsync();
        await CreateAsync(_source, "source", [5]);
        await CreateAsync(_source, "fork", [5, 6]);
        await CreateAsync(_source, "other", [7]);
        await CreateAsync(target, "unrelated", [3, 6]);

        Assert.Equal(["fork HistoryTaken unrelated", "source HistoryTaken unrelated"], await CheckAsync(target));
    }

    [Fact]
    public async Task Check_AfterACopy_FindsNothingUntilTheSourceGoesOn()
    {
        var target = await OpenStoreAsync();
        await CreateAsync(_source, "source", [5]);
        await CreateAsync(_source, "fork", [5, 6]);
        Assert.Empty(await CheckAsync(target));
        foreach (var head in await HeadsAsync())
        {
            Assert.Equal(ImportOutcome.Imported, await target.ImportAsync(_source, head, new ImportProgress(), Cancellation));
        }

        Assert.Empty(await CheckAsync(target));
        var owner = await LogStoreOwner.OpenAsync(_source, "source", Cancellation);
        await owner.AppendAsync("more");
        await CreateAsync(_source, "late fork", [5, 9]);
        Assert.Equal(["late fork RelativeRefused source", "source SourceChanged source"], await CheckAsync(target));
    }

    [Fact]
    public async Task Check_SourceCopiedAndDeletedThere_LeavesItsForkOut()
    {
        var target = await OpenStoreAsync();
        await CreateAsync(_source, "source", [5]);
        await target.ImportAsync(_source, Assert.Single(await HeadsAsync()), new ImportProgress(), Cancellation);
        var owner = await LogStoreOwner.OpenAsync(target, "source", Cancellation);
        await owner.RemoveAsync();
        await CreateAsync(_source, "fork", [5, 6]);

        Assert.Equal(["fork RelativeRefused source"], await CheckAsync(target));
    }

    [Fact]
    public async Task Check_AnyCopy_DrawsNoNumberOfTheSourceFromThenOn()
    {
        var target = await OpenStoreAsync();
        const long Large = 1L << 30;
        await CreateAsync(_source, "source", [5, Large]);
        Assert.InRange(await target.DrawIncarnationAsync(Cancellation), 1 << 20, Large - 1);

        await CheckAsync(target);

        Assert.Equal(Large + 1, await target.DrawIncarnationAsync(Cancellation));
    }

    private static async Task<LogStoreOwner> CreateAsync(ILogStore store, string name, long[] histories)
    {
        var owner = await LogStoreOwner.OpenAsync(store, name, Cancellation);
        var list = new IncarnationList([.. histories.Select((number, i) => new IncarnationStart(number, i))]);
        await owner.CommitAsync(owner.Create(histories[0]) with
        {
            Incarnations = list,
            Head = new StreamHead(histories.Length, histories.Length, 0, 0, StreamHead.NeverDue),
        });
        return owner;
    }

    private async Task<IReadOnlyList<StoredHead>> HeadsAsync() =>
        await _source.ListAsync("", after: null, limit: 100, Cancellation);

    private async Task<IEnumerable<string>> CheckAsync(PostgreSqlLogStore target) =>
        (await target.CheckImportAsync(await HeadsAsync(), new HashSet<StreamName>(), Cancellation))
            .Select(refusal => $"{refusal.Key} {refusal.Value.Outcome} {refusal.Value.Because}")
            .Order(StringComparer.Ordinal);
}
