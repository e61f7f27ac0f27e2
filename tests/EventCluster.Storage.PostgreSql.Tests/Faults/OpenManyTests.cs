using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>A node that takes many streams over at once opens them together.</summary>
public sealed class OpenManyTests(SharedServer shared) : StoreTest(shared)
{
    private const int Streams = 100;

    /// <summary>Goal: each open has a fence of its own, also two of one stream, and the stream's own head.</summary>
    [Fact]
    public async Task Open_ManyAtOnce_EachHasItsOwnFenceAndHead()
    {
        var store = await OpenStoreAsync();
        var owners = await CreateManyAsync(store);

        var opened = await Task.WhenAll(owners.Concat(owners).Select(owner => store.OpenAsync(owner.Name, Cancellation).AsTask()));

        Assert.Equal(2 * Streams, opened.Select(stream => stream.Fence).Distinct().Count());
        Assert.All(owners, (owner, i) => Assert.All(
            [opened[i], opened[i + Streams]],
            stream =>
            {
                Assert.Equal((owner.Name, owner.Version), (stream.Head!.Name, stream.Head.Version));
                Assert.True(stream.Fence > owner.Fence);
                Assert.Equal(stream.Fence, stream.Head.Fence);
            }));
        Assert.All(await Task.WhenAll(owners.Select(owner => owner.SendAsync(owner.Next("late")))),
            status => Assert.Equal(CommitStatus.Conflict, status));
    }

    /// <summary>Goal: names without a stream among them are opened too.</summary>
    [Fact]
    public async Task Open_ManyAtOnceSomeWithoutAStream_AllAreAnswered()
    {
        var store = await OpenStoreAsync();
        await CreateManyAsync(store);

        var opened = await Task.WhenAll(Enumerable.Range(Streams - 10, 20)
            .Select(i => store.OpenAsync(TestData.Name(NameOf(i)), Cancellation).AsTask()));

        Assert.Equal(10, opened.Count(stream => stream.Head is null));
        Assert.Equal(20, opened.Select(stream => stream.Fence).Distinct().Count());
    }

    /// <summary>Goal: a stream that somebody has locked keeps only itself waiting.</summary>
    [Fact]
    public async Task Open_OneOfManyIsLocked_TheOthersAreOpened()
    {
        var store = await OpenStoreAsync();
        var owners = await CreateManyAsync(store);
        Task<OpenedStream>[] opens;
        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var hold = new NpgsqlCommand(
                $"SELECT 1 FROM {Options.Schema}.streams WHERE name = '{NameOf(Streams / 2)}' FOR UPDATE", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
            opens = [.. owners.Select(owner => store.OpenAsync(owner.Name, Cancellation).AsTask())];

            await Phase.OfAsync("the others are opened", Task.WhenAll(opens.Where((_, i) => i != Streams / 2)));
            Assert.False(opens[Streams / 2].IsCompleted);
        }

        Assert.Equal(owners[Streams / 2].Version, (await Phase.OfAsync("it is opened", opens[Streams / 2])).Head!.Version);
    }

    /// <summary>Goal: a stream whose row cannot be read fails alone.</summary>
    [Fact]
    public async Task Open_OneOfManyIsDamaged_FailsAlone()
    {
        var store = await OpenStoreAsync();
        var owners = await CreateManyAsync(store);
        await DoAsync($"UPDATE $S.streams SET incarnations = ARRAY[7]::bigint[] WHERE name = '{NameOf(3)}'");

        var opens = owners.Select(owner => store.OpenAsync(owner.Name, Cancellation).AsTask()).ToArray();

        await Phase.OfAsync("the others are opened", Task.WhenAll(opens.Where((_, i) => i != 3)));
        Assert.NotNull(await Record.ExceptionAsync(() => opens[3]));
    }

    /// <summary>Goal: a store that connects when it starts has the connections of opens and commits, and serves as any other.</summary>
    [Fact]
    public async Task Open_StoreThatConnectsAtStart_HasItsConnectionsBeforeTheFirstStream()
    {
        var user = new NpgsqlConnectionStringBuilder(Options.ConnectionString) { ApplicationName = $"start-{Options.Schema}" };
        await using var store = await PostgreSqlLogStore.OpenAsync(
            Shared.NewStore(schema: Options.Schema, connectionString: user.ConnectionString, connectsAtStart: true),
            TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, Cancellation);

        var connections = await AskAsync<long>($"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{user.ApplicationName}'");
        await CreateAsync(store, "a", "1");

        Assert.True(connections >= 4, $"{connections} connections");
        Assert.Equal("1", await TextAsync(store, "a"));
    }

    private static string NameOf(int i) => $"many/{i:000}";

    private static async Task<LogStoreOwner[]> CreateManyAsync(ILogStore store) =>
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(i => CreateAsync(store, NameOf(i), "1")));
}
