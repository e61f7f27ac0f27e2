using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Maintenance;

/// <summary>What commits only mark is deleted later, in small transactions, and nothing else is.</summary>
public sealed class HousekeepingTests(SharedServer shared) : StoreTest(shared)
{
    [Fact]
    public async Task Purge_ManyBlocks_AreDeletedInBatchesAndTheRestStays()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", [.. Enumerable.Range(0, 40).Select(i => $"{i} {i}b")]);
        await CreateAsync(store, "b", "kept");

        await owner.CommitAsync(owner.Next() with { Purges = [new SequenceRange(0, 50), new SequenceRange(60, 63)] });
        await CountBecomesAsync("purged blocks are gone", 1 + 40 - 25 - 1, "SELECT count(*) FROM $S.blocks");

        await CountBecomesAsync("nothing is left to do", 0, "SELECT count(*) FROM $S.sweeps");
        await owner.AppendAsync("more");
        await owner.CommitAsync(owner.Next() with { Purges = [new SequenceRange(63, 64)] });
        await CountBecomesAsync("what adds up is gone", 1 + 40 - 25 - 2 + 1, "SELECT count(*) FROM $S.blocks");
        Assert.Equal(50, (await store.ListBlocksAsync(owner.Name, 0, 1, Cancellation))[0].FirstSequence);
        Assert.Equal("kept", await TextAsync(store, "b"));
    }

    [Fact]
    public async Task Remove_BigStream_LeavesNothingButTheNewOneOfThatName()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", [.. Enumerable.Range(0, 30).Select(i => $"{i}")]);
        await owner.CommitAsync(owner.Next() with
        {
            Producers = [.. Enumerable.Range(0, 20).Select(i => new ProducerEntry($"p{i}", 0, 0, 0))],
        });
        await owner.RemoveAsync();
        await owner.CommitAsync(owner.Create(2, "new") with { Producers = [new ProducerEntry("p", 0, 0, 0)] });

        await CountBecomesAsync("old blocks are gone", 1, "SELECT count(*) FROM $S.blocks");
        await CountBecomesAsync("old producers are gone", 1, "SELECT count(*) FROM $S.producers");
        await CountBecomesAsync("nothing is left to do", 0, "SELECT count(*) FROM $S.sweeps");
        Assert.Single((await store.OpenAsync(owner.Name, Cancellation)).Producers);
    }

    /// <summary>Goal: what waits for housekeeping does not grow with commits. Method: no housekeeping while many commits purge.</summary>
    [Fact]
    public async Task Purge_ByManyCommits_KeepsOneRowPerStream()
    {
        Options = Shared.NewStore(housekeeping: TimeSpan.FromDays(1));
        var store = await OpenStoreAsync();
        var one = await CreateAsync(store, "a", [.. Enumerable.Range(0, 30).Select(i => $"{i}")]);
        var two = await CreateAsync(store, "b", [.. Enumerable.Range(0, 30).Select(i => $"{i}")]);
        for (var i = 0; i < 30; i++)
        {
            await Task.WhenAll(
                one.CommitAsync(one.Next() with { Purges = [new SequenceRange(i, i + 1)] }),
                two.CommitAsync(two.Next() with { Purges = [new SequenceRange(i, i + 1)] }));
        }

        await two.RemoveAsync();
        Assert.Equal(2, await AskAsync<long>("SELECT count(*) FROM $S.sweeps"));
    }

    /// <summary>Goal: nothing that is purged while it is swept is forgotten, and no stream waits behind a busy one.</summary>
    [Fact]
    public async Task Purge_WhileHousekeepingSweeps_LeavesNothing()
    {
        const int Streams = 8;
        const int Blocks = 60;
        var store = await OpenStoreAsync();
        await OpenStoreAsync();
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(async s =>
        {
            var owner = await CreateAsync(store, $"s{s}", [.. Enumerable.Range(0, Blocks).Select(i => $"{i}")]);
            for (var i = 0; i < Blocks - 1; i++)
            {
                await owner.CommitAsync(owner.Next() with { Purges = [new SequenceRange(i, i + 1)] });
            }
        }));

        await CountBecomesAsync("one block of each is left", Streams, "SELECT count(*) FROM $S.blocks");
        await CountBecomesAsync("nothing is left to do", 0, "SELECT count(*) FROM $S.sweeps");
    }

    /// <summary>Nodes of the version before write the old table until the last of them is replaced.</summary>
    [Fact]
    public async Task Garbage_OfTheVersionBefore_IsSweptToo()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1", "2", "3");
        await DoAsync(
            "UPDATE $S.streams SET purged = '{[0,2)}'; "
            + "INSERT INTO $S.garbage (stream_id) SELECT id FROM $S.streams, generate_series(1, 50)");

        await CountBecomesAsync("purged blocks are gone", 1, "SELECT count(*) FROM $S.blocks");
        await CountBecomesAsync("the old table is empty", 0, "SELECT count(*) FROM $S.garbage");
        await owner.AppendAsync("4");
    }

    [Fact]
    public async Task Fences_OfManyMissingNames_AreForgottenAndOnlyCostANewOpen()
    {
        var options = new PostgreSqlOptions
        {
            ConnectionString = Options.ConnectionString,
            Schema = Options.Schema,
            MaxRememberedFences = 3,
            HousekeepingInterval = TimeSpan.FromMilliseconds(20),
        };
        await using var store = await PostgreSqlLogStore.OpenAsync(
            options, TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, Cancellation);
        var forgotten = await LogStoreOwner.OpenAsync(store, "forgotten", Cancellation);
        for (var i = 0; i < 10; i++)
        {
            await store.OpenAsync(TestData.Name($"missing{i}"), Cancellation);
        }

        await CountBecomesAsync("old fences are forgotten", 3, "SELECT count(*) FROM $S.fences");
        Assert.Equal(CommitStatus.Conflict, await forgotten.SendAsync(forgotten.Next("x")));
        await CreateAsync(store, "forgotten", "y");
        Assert.Equal("y", await TextAsync(store, "forgotten"));
    }

    [Fact]
    public async Task Read_RottenBlock_IsReportedAndNeverSkipped()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1", "2", "3");
        await DoAsync("UPDATE $S.blocks SET encoded = set_byte(encoded, 48, get_byte(encoded, 48) + 1) WHERE first_sequence = 1");

        Assert.Single(await owner.ReadAsync(1, 0, 1));
        var damage = await Assert.ThrowsAsync<LogDamagedException>(() => owner.ReadAsync(1, 0, 3));
        Assert.Contains("'a' at incarnation 1, sequence 1", damage.Message, StringComparison.Ordinal);
    }
}
