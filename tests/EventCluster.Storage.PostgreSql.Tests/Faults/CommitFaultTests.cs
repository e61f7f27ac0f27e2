using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>Commits whose outcome is unknown, and groups of which one stream is bad (CORRECTNESS rules 2 and 14).</summary>
public sealed class CommitFaultTests(SharedServer shared) : StoreTest(shared)
{
    /// <summary>Goal: killed before it landed. Method: another session holds the head's row, so the commit waits inside its transaction.</summary>
    [Fact]
    public async Task Commit_ConnectionKilledBeforeItLands_IsUnknownAndTheReopenedHeadTellsTheTruth()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1");
        Task<CommitStatus> commit;
        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var hold = new NpgsqlCommand($"SELECT 1 FROM {Options.Schema}.streams FOR UPDATE", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
            commit = store.CommitAsync(owner.Next("2"), Cancellation).AsTask();
            await CountBecomesAsync("the commit waits", 1, Waiting("count(*)"));
            await AskAsync<bool>(Waiting("pg_terminate_backend(pid)"));

            await Assert.ThrowsAsync<StoreUnreachableException>(() => Phase.OfAsync("the commit ends", commit));
        }

        var again = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        Assert.Equal(owner.Version, again.Version);
        Assert.True(again.Fence > owner.Fence);
        await again.AppendAsync("3");
        Assert.Equal("1 3", await TextAsync(store, "a"));
        Assert.True(store.Health.AcceptsWrites);
    }

    /// <summary>Goal: landed, but the answer is lost. Method: a relay holds the server's answers back and then cuts.</summary>
    [Fact]
    public async Task Commit_ConnectionCutAfterItLanded_IsUnknownAndTheReopenedHeadTellsTheTruth()
    {
        await using var relay = new TcpRelay(Shared.Server.Port);

        // Time stands still: the session was looked at with the first commit, so nothing is asked before this one.
        var store = await OpenStoreAsync(Through(relay), new VirtualTimeProvider());
        var owner = await CreateAsync(store, "a", "1");
        var next = owner.Next("2");
        relay.HoldAnswers();

        var commit = store.CommitAsync(next, Cancellation).AsTask();
        await CountBecomesAsync("the commit lands", next.ExpectedVersion + 1, "SELECT version FROM $S.streams");
        relay.Cut();

        await Assert.ThrowsAsync<StoreUnreachableException>(() => Phase.OfAsync("the commit ends", commit));
        var opened = (await store.OpenAsync(owner.Name, Cancellation)).Head!;
        Assert.Equal((next.ExpectedVersion + 1, next.CommitId), (opened.Version, opened.LastCommitId));
        Assert.Equal("1 2", await TextAsync(store, "a"));
    }

    /// <summary>Goal: a zombie commit cannot land after its owner opened again, though its transaction is still waiting.</summary>
    [Fact]
    public async Task Commit_StillWaitingWhenTheOwnerReopens_LandsBeforeTheNewFenceOrNever()
    {
        var store = await OpenStoreAsync();
        var other = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1");
        Task<CommitStatus> commit;
        Task<OpenedStream> open;
        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var hold = new NpgsqlCommand($"SELECT 1 FROM {Options.Schema}.streams FOR UPDATE", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
            commit = store.CommitAsync(owner.Next("2"), Cancellation).AsTask();
            await CountBecomesAsync("the commit waits", 1, Waiting("count(*)"));
            open = other.OpenAsync(owner.Name, Cancellation).AsTask();
            await CountBecomesAsync("the new owner waits", 2, Waiting("count(*)"));
        }

        var opened = await Phase.OfAsync("the new owner opens", open);
        var landed = await Phase.OfAsync("the commit ends", commit) == CommitStatus.Committed;
        Assert.Equal(landed ? 3 : 2, opened.Head!.Version);
        Assert.Equal(opened.Head.Version, (await store.GetHeadAsync(owner.Name, Cancellation))!.Version);
    }

    /// <summary>
    /// Goal: one bad stream never fails its neighbours. Method: the tables are locked while one commit waits on each
    /// connection, so that all that come after share a transaction; a trigger refuses the block of one of them.
    /// </summary>
    [Fact]
    public async Task Commit_OneBadStreamInAGroup_FailsAlone()
    {
        const int Streams = 40;

        // Its count of streams would wait for the table too, and be taken for a commit.
        Options = Shared.NewStore(housekeeping: TimeSpan.FromDays(1));
        var store = await OpenStoreAsync();
        List<LogStoreOwner> owners = [];
        for (var i = 0; i < Streams; i++)
        {
            owners.Add(await CreateAsync(store, $"s{i:00}", "1"));
        }

        await RefuseBlocksOfAsync("s17");
        List<Task<CommitStatus>> commits = [];
        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var hold = new NpgsqlCommand($"LOCK TABLE {Options.Schema}.streams IN ACCESS EXCLUSIVE MODE", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
            foreach (var owner in owners)
            {
                commits.Add(owner.SendAsync(owner.Next("2")));
                if (commits.Count <= Options.CommitConnections)
                {
                    await CountBecomesAsync($"group {commits.Count} waits", commits.Count, Waiting("count(*)"));
                }
            }
        }

        for (var i = 0; i < Streams; i++)
        {
            if (i == 17)
            {
                Assert.Equal(CommitStatus.Unreachable, await Phase.OfAsync($"commit {i}", commits[i]));
            }
            else
            {
                Assert.Equal(CommitStatus.Committed, await Phase.OfAsync($"commit {i}", commits[i]));
            }

            Assert.Equal(i == 17 ? "1" : "1 2", await TextAsync(store, $"s{i:00}"));
        }

        Assert.Equal(2, (await store.GetHeadAsync(owners[17].Name, Cancellation))!.Version);
        Assert.True(store.Health.AcceptsWrites);
    }

    [Fact]
    public async Task Commit_OutOfRoom_IsFullAndHealthSaysSoUntilThereIsRoom()
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "1");
        await DoAsync(
            """
            CREATE FUNCTION $S.full() RETURNS trigger LANGUAGE plpgsql AS
              $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER full_blocks BEFORE INSERT ON $S.blocks FOR EACH ROW EXECUTE FUNCTION $S.full();
            CREATE TRIGGER full_counters BEFORE UPDATE ON $S.counters FOR EACH ROW EXECUTE FUNCTION $S.full();
            """);

        Assert.Equal(CommitStatus.Full, await owner.SendAsync(owner.Next("2")));
        Assert.False(store.Health.AcceptsWrites);
        Assert.False(store.Health.IsFinal);
        Assert.Contains("no room", store.Health.Reason, StringComparison.Ordinal);
        Assert.Equal("1", await TextAsync(store, "a"));

        await DoAsync("DROP TRIGGER full_blocks ON $S.blocks; DROP TRIGGER full_counters ON $S.counters");
        await Phase.UntilAsync("room is noticed", () => store.Health.AcceptsWrites, Cancellation);
        await owner.AppendAsync("2");
        Assert.Equal("1 2", await TextAsync(store, "a"));
    }

    private Task RefuseBlocksOfAsync(string name) => DoAsync(
        $"""
        CREATE FUNCTION $S.bad() RETURNS trigger LANGUAGE plpgsql AS
          $$ BEGIN IF new.stream_id = (SELECT id FROM $S.streams WHERE name = '{name}') THEN RAISE EXCEPTION 'bad'; END IF;
             RETURN new; END $$;
        CREATE TRIGGER bad BEFORE INSERT ON $S.blocks FOR EACH ROW EXECUTE FUNCTION $S.bad();
        """);

    private string Waiting(string what) =>
        $"SELECT {what} FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{Options.Schema}.%'";

    private string Through(TcpRelay relay) =>
        new NpgsqlConnectionStringBuilder(Options.ConnectionString) { Port = relay.Port }.ConnectionString;
}
