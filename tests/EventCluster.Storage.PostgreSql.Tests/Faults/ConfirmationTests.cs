using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>Answers wait for confirmations of heads, so these wait for nothing else.</summary>
public sealed class ConfirmationTests(SharedServer shared) : StoreTest(shared)
{
    /// <summary>Goal: reads that hang, as many as there are connections for them, keep no confirmation waiting.</summary>
    [Fact]
    public async Task GetStamps_WhileReadsHoldAllConnections_IsAnswered()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "s", "a b");
        Task[] reads;
        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var command = new NpgsqlCommand($"LOCK TABLE {Options.Schema}.blocks IN ACCESS EXCLUSIVE MODE", connection, holder);
            await command.ExecuteNonQueryAsync(Cancellation);
            reads = [.. Enumerable.Range(0, Options.MaxConnections).Select(_ => store.ReadAsync(
                new BlockRange(owner.Name, 1, 0, long.MaxValue), 1 << 20, Cancellation).AsTask())];
            await CountBecomesAsync(
                "reads that wait",
                Options.MaxConnections,
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%$S.blocks%'");

            var stamps = await Phase.OfAsync("stamps", store.GetStampsAsync([owner.Name], Cancellation).AsTask());

            Assert.Equal([new HeadStamp(owner.Fence, owner.Version)], stamps);
        }

        // A busy machine may have used up their time.
        foreach (var read in reads)
        {
            await read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }
}
