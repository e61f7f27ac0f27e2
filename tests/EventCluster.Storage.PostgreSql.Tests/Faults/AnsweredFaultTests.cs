using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Store;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Faults;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>Whatever the database answers instead of rows is an outage for every verb, and is over when it is over.</summary>
public sealed class AnsweredFaultTests(SharedServer shared) : StoreTest(shared)
{
    /// <summary>Severity and SQLSTATE; a state that no table knows is among them.</summary>
    public static TheoryData<string, string> States => new()
    {
        { "ERROR", "25006" }, { "ERROR", "57014" }, { "ERROR", "42501" }, { "FATAL", "53300" }, { "ERROR", "53100" },
        { "ERROR", "53200" }, { "FATAL", "57P01" }, { "FATAL", "57P02" }, { "FATAL", "57P03" }, { "FATAL", "57P05" },
        { "FATAL", "08006" }, { "ERROR", "08006" }, { "FATAL", "08P01" }, { "ERROR", "40P01" }, { "ERROR", "40001" },
        { "ERROR", "40003" }, { "ERROR", "42P01" }, { "ERROR", "42703" }, { "ERROR", "42P05" }, { "ERROR", "26000" },
        { "ERROR", "0A000" }, { "ERROR", "25P02" }, { "ERROR", "55P03" }, { "ERROR", "55000" }, { "ERROR", "58030" },
        { "ERROR", "22P05" }, { "ERROR", "23505" }, { "ERROR", "P0001" }, { "ERROR", "XX000" }, { "ERROR", "XX001" },
        { "PANIC", "XX000" }, { "FATAL", "28P01" }, { "FATAL", "3D000" }, { "ERROR", "F0000" }, { "ERROR", "ZZ999" },
    };

    /// <summary>
    /// Goal: no verb answers an error of the database as its own. Method: a relay answers everything with one state; every verb is
    /// tried on a stream that is loaded and on one that is not; then the server answers again, and every verb succeeds.
    /// </summary>
    [Theory]
    [MemberData(nameof(States))]
    public async Task AnyState_EveryVerb_AnswersNotNowAndRecoversByItself(string severity, string state)
    {
        await using var relay = new AnsweringRelay(Shared.Server.Port);
        var store = await OpenStoreAsync(Through(relay.Port));
        await using var directory = NewDirectory(store);
        var loaded = directory.GetStream(TestData.Name("loaded"));
        var other = directory.GetStream(TestData.Name("other"));
        await loaded.NewAsync();
        await loaded.PutAsync("1");
        await (await OpenOtherAsync()).GetStream(other.Name).NewAsync();
        var start = (await loaded.StateAsync()).Earliest;
        relay.Always(new AnsweringRelay.Answer(severity, state));

        await AllUnavailableAsync(directory, store, loaded, other, start, isFull: state == PostgresErrorCodes.DiskFull);
        await Phase.UntilAsync("readiness names it", () => store.Health is { AcceptsWrites: false, IsFinal: false }
            && store.Health.NotReadyReason!.Contains(state, StringComparison.Ordinal), Cancellation);

        relay.Always(null);
        await Phase.UntilAsync("ready again", () => store.Health.NotReadyReason is null, Cancellation);
        await AllSucceedAsync(directory, store, loaded, other, start);
    }

    /// <summary>Goal: a commit that was never sent is no unknown outcome. Method: existing connections end, new ones are refused.</summary>
    [Theory]
    [InlineData("53300")]
    [InlineData("57P03")]
    [InlineData("28P01")]
    [InlineData("3D000")]
    public async Task Append_NeverSent_IsNotDoneInsteadOfUnknown(string state)
    {
        await using var relay = new AnsweringRelay(Shared.Server.Port);
        var store = await OpenStoreAsync(Through(relay.Port));
        var owner = await CreateAsync(store, "a", "1");
        relay.AtConnect(new AnsweringRelay.Answer("FATAL", state));
        relay.Always(new AnsweringRelay.Answer("FATAL", "57P01"));
        List<Exception?> unknown = [];
        CommitStatus? status = null;
        for (var i = 0; i <= Options.CommitConnections && status is null; i++)
        {
            unknown.Add(await Record.ExceptionAsync(async () => status = await owner.SendAsync(owner.Next("2"))));
        }

        Assert.Equal(CommitStatus.Unreachable, status);
        Assert.All(unknown.SkipLast(1), exception => Assert.IsType<StoreUnreachableException>(exception));
        Assert.Equal("1", await OnServerAsync());

        async Task<string> OnServerAsync()
        {
            var direct = await OpenStoreAsync();
            return await TextAsync(direct, "a");
        }
    }

    /// <summary>
    /// Goal: a group that failed is not tried stream by stream against a database that is away. Method: the group meets a deadlock,
    /// the first of its streams an outage; the others are answered without a request of their own.
    /// </summary>
    [Theory]
    [InlineData("FATAL", "57P01", false)]
    [InlineData("ERROR", "25006", true)]
    [InlineData("ERROR", "57014", true)]
    [InlineData("ERROR", "XX000", true)]
    public async Task Group_OutageAfterAConflict_IsNotRetriedStreamByStream(string severity, string state, bool isWrittenForSure)
    {
        const int Streams = 30;
        await using var relay = new AnsweringRelay(Shared.Server.Port) { Only = "FOR UPDATE" };
        var store = await PostgreSqlLogStore.OpenAsync(
            new PostgreSqlOptions
            {
                ConnectionString = Through(relay.Port) + ";Max Auto Prepare=0",
                Schema = Options.Schema,
                CommitConnections = 1,
                HousekeepingInterval = TimeSpan.FromDays(1),
                RetryAfter = TimeSpan.FromHours(1),
            },
            TimeProvider.System, NullLogger<PostgreSqlLogStore>.Instance, Cancellation);
        await using var end = store;
        List<LogStoreOwner> owners = [];
        for (var i = 0; i < Streams; i++)
        {
            owners.Add(await CreateAsync(store, $"s{i:00}"));
        }

        List<Task<CommitStatus>> commits;
        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var hold = new NpgsqlCommand($"SELECT 1 FROM {Options.Schema}.streams WHERE name = 's00' FOR UPDATE", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
            commits = [owners[0].SendAsync(owners[0].Next("2"))];
            await CountBecomesAsync(
                "the first waits", 1,
                $"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{Options.Schema}.%'");
            commits.AddRange(owners.Skip(1).Select(owner => owner.SendAsync(owner.Next("2"))));
            relay.Next(new("ERROR", "40P01"), new(severity, state));
        }

        Assert.Equal(CommitStatus.Committed, await Phase.OfAsync("the first commit", commits[0]));
        var answers = await Phase.OfAsync("the others", Task.WhenAll(commits.Skip(1).Select(AnswerAsync)));
        Assert.Equal(2, relay.Swallowed);
        Assert.Equal(isWrittenForSure ? 0 : 1, answers.Count(status => status is null));
        Assert.Equal(Streams - 1, answers.Count(status => status is null or CommitStatus.Unreachable));

        static async Task<CommitStatus?> AnswerAsync(Task<CommitStatus> commit)
        {
            try
            {
                return await commit;
            }
            catch (StoreUnreachableException)
            {
                return null;
            }
        }
    }

    /// <summary>Goal: what waits behind a stuck database is answered in time. Method: a lock holds the first group, a virtual clock goes on.</summary>
    [Fact]
    public async Task Commit_WaitedTooLongToBeSent_IsAnsweredInsteadOfSent()
    {
        var clock = new VirtualTimeProvider();
        Options = Shared.NewStore(housekeeping: TimeSpan.FromDays(1));
        await using var store = await PostgreSqlLogStore.OpenAsync(
            new PostgreSqlOptions
            {
                ConnectionString = Options.ConnectionString,
                Schema = Options.Schema,
                CommitConnections = 1,
                CommandTimeout = TimeSpan.FromMinutes(5),
                HousekeepingInterval = TimeSpan.FromDays(1),
            },
            clock, NullLogger<PostgreSqlLogStore>.Instance, Cancellation);
        var (first, second) = (await CreateAsync(store, "a"), await CreateAsync(store, "b"));
        Task<CommitStatus> sent;
        Task<CommitStatus> waiting;
        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await using var hold = new NpgsqlCommand($"SELECT 1 FROM {Options.Schema}.streams WHERE name = 'a' FOR UPDATE", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
            sent = first.SendAsync(first.Next("1"));
            await CountBecomesAsync(
                "the first waits", 1,
                $"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{Options.Schema}.%'");
            waiting = second.SendAsync(second.Next("1"));
            clock.Advance(new PostgreSqlOptions { ConnectionString = "" }.MaxWait + TimeSpan.FromSeconds(1));
        }

        Assert.Equal(CommitStatus.Committed, await Phase.OfAsync("the sent one ends", sent));
        Assert.Equal(CommitStatus.Unreachable, await Phase.OfAsync("the waiting one ends", waiting));
        Assert.Equal(CommitStatus.Committed, await second.SendAsync(second.Next("2")));
        Assert.Equal("2", await TextAsync(store, "b"));
    }

    /// <summary>Every class that a state can have is decided in one place, and an unknown one is an outage.</summary>
    [Theory]
    [InlineData("ERROR", "ZZ999", "Outage")]
    [InlineData("ERROR", "40P01", "Conflict")]
    [InlineData("ERROR", "26000", "Session")]
    [InlineData("ERROR", "53100", "Full")]
    [InlineData("ERROR", "53300", "Outage")]
    [InlineData("FATAL", "40001", "Connection")]
    [InlineData("FATAL", "28P01", "Outage")]
    [InlineData("ERROR", "25006", "Connection")]
    [InlineData("ERROR", "22P05", "Stream")]
    public void Table_State_MeansOneThing(string severity, string state, string expected) =>
        Assert.Equal(expected, $"{FaultTable.Of(new PostgresException("m", severity, severity, state)).Fault}");

    private static async Task AllUnavailableAsync(
        LocalStreamDirectory directory, PostgreSqlLogStore store, IStreamHandle loaded, IStreamHandle other, StreamOffset start, bool isFull)
    {
        var request = new AppendRequest { Events = TestData.Payloads("2") };
        UnavailableReason[] allowed = isFull
            ? [UnavailableReason.StoreUnreachable, UnavailableReason.OutcomeUnknown, UnavailableReason.StorageFull]
            : [UnavailableReason.StoreUnreachable, UnavailableReason.OutcomeUnknown];
        for (var round = 0; round < 2; round++)
        {
            Assert.Contains(Assert.IsType<AppendOutcome.Unavailable>(await Ask(loaded.SendAsync(request))).Reason, allowed);
            Assert.Contains(Assert.IsType<AppendOutcome.Unavailable>(await Ask(other.SendAsync(request))).Reason, allowed);
            Assert.Contains(Assert.IsType<ReadOutcome.Unavailable>(await Ask(loaded.PeekAsync(start))).Reason, allowed);
            Assert.Contains(
                Assert.IsType<DescribeOutcome.Unavailable>(await Ask(other.DescribeAsync(Cancellation).AsTask())).Reason, allowed);
            Assert.Contains(
                Assert.IsType<DeleteOutcome.Unavailable>(await Ask(loaded.DeleteAsync(Cancellation).AsTask())).Reason, allowed);
            var created = directory.GetStream(TestData.Name($"new{round}")).CreateAsync(
                new CreateRequest(), Cancellation);
            Assert.Contains(Assert.IsType<CreateOutcome.Unavailable>(await Ask(created.AsTask())).Reason, allowed);
            await Assert.ThrowsAsync<StoreUnreachableException>(() => Ask(directory.ListAsync("", null, 10, Cancellation).AsTask()));
            await Assert.ThrowsAsync<StoreUnreachableException>(() => Ask(store.GetHeadAsync(loaded.Name, Cancellation).AsTask()));
            await Assert.ThrowsAsync<StoreUnreachableException>(() => Ask(store.GetStampsAsync([loaded.Name], Cancellation).AsTask()));
            await Assert.ThrowsAsync<StoreUnreachableException>(() => Ask(store.ListDueAsync(0, 1, Cancellation).AsTask()));
            await Assert.ThrowsAsync<StoreUnreachableException>(() => Ask(store.DrawIncarnationAsync(Cancellation).AsTask()));
        }

        static Task<T> Ask<T>(Task<T> answer) => Phase.OfAsync("it is answered", answer);
    }

    /// <summary>Housekeeping, too: what a trim purged is deleted.</summary>
    private async Task AllSucceedAsync(
        LocalStreamDirectory directory, PostgreSqlLogStore store, IStreamHandle loaded, IStreamHandle other, StreamOffset start)
    {
        await loaded.PutAsync("3");
        await other.PutAsync("1");
        Assert.Equal(["1", "3"], await loaded.TextsAsync());
        Assert.IsType<ReadOutcome.Batch>(await loaded.PeekAsync(start));
        await directory.GetStream(TestData.Name("last")).NewAsync();
        Assert.NotEmpty(await store.ListAsync("", null, 10, Cancellation));
        Assert.IsType<DeleteOutcome.Deleted>(await loaded.DeleteAsync(Cancellation));
        await CountBecomesAsync("housekeeping goes on", 1, "SELECT count(*) FROM $S.blocks");
    }

    private async Task<LocalStreamDirectory> OpenOtherAsync() => NewDirectory(await OpenStoreAsync());

    private static LocalStreamDirectory NewDirectory(PostgreSqlLogStore store) => new(
        store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance);

    private string Through(int port) => new NpgsqlConnectionStringBuilder(Options.ConnectionString) { Port = port }.ConnectionString;
}
