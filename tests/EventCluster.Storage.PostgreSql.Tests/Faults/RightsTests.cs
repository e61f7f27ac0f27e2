using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>An administrator takes something away from the role of a running store, on a real server, and gives it back.</summary>
public sealed class RightsTests(SharedServer shared) : StoreTest(shared)
{
    /// <summary>Sessions that are there keep the settings of their role that they began with.</summary>
    private const string EndSessions = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '$R'";

    /// <summary>What cannot be done while it is taken away.</summary>
    private enum Refused
    {
        Appends,
        Writes,
        All,
    }

    private static readonly Dictionary<string, Loss> Losses = new(StringComparer.Ordinal)
    {
        ["writing any table"] = new(
            Refused.Writes, ["REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA $S FROM $R"],
            ["GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA $S TO $R"]),
        ["writing blocks"] = new(
            Refused.Appends, ["REVOKE INSERT ON $S.blocks FROM $R"], ["GRANT INSERT ON $S.blocks TO $R"]),
        ["moving heads"] = new(
            Refused.Appends, ["REVOKE UPDATE ON $S.streams FROM $R"], ["GRANT UPDATE ON $S.streams TO $R"]),
        ["any table"] = new(
            Refused.All, ["REVOKE ALL ON ALL TABLES IN SCHEMA $S FROM $R"], ["GRANT ALL ON ALL TABLES IN SCHEMA $S TO $R"]),
        ["the schema"] = new(Refused.All, ["REVOKE ALL ON SCHEMA $S FROM $R"], ["GRANT ALL ON SCHEMA $S TO $R"]),
        ["writing, by default"] = new(
            Refused.Writes, ["ALTER ROLE $R SET default_transaction_read_only = on", EndSessions],
            ["ALTER ROLE $R RESET default_transaction_read_only"]),
        ["patience"] = new(
            Refused.All, ["ALTER ROLE $R SET statement_timeout = '100ms'", EndSessions], ["ALTER ROLE $R RESET statement_timeout"])
        {
            IsLocked = true,
        },
        ["logging in"] = new(Refused.All, ["ALTER ROLE $R NOLOGIN", EndSessions], ["ALTER ROLE $R LOGIN"]),
        ["its password"] = new(Refused.All, ["ALTER ROLE $R PASSWORD 'another'", EndSessions], ["ALTER ROLE $R PASSWORD '$R'"]),
        ["connections"] = new(Refused.All, ["ALTER ROLE $R CONNECTION LIMIT 0", EndSessions], ["ALTER ROLE $R CONNECTION LIMIT -1"]),
    };

    private string _role = "";

    public static TheoryData<string> Names => [.. Losses.Keys];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _role = $"role_{Options.Schema}";
        await DoAsRootAsync($"CREATE ROLE $R LOGIN PASSWORD '$R'");
        await DoAsRootAsync($"GRANT CREATE ON DATABASE {new NpgsqlConnectionStringBuilder(Options.ConnectionString).Database} TO $R");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_role.Length > 0)
        {
            await using var source = NpgsqlDataSource.Create(Shared.Server.ConnectionString);
            await using var command = source.CreateCommand($"DROP OWNED BY {_role} CASCADE; DROP ROLE {_role}");
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// Goal: what an administrator takes away is an outage that is told and that is over when it is given back, without a restart.
    /// Method: a real role, every verb, on a stream that is loaded and on one that is not.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Role_LosesSomething_IsToldAndGoesOnWhenItIsGivenBack(string what)
    {
        var loss = Losses[what];
        var store = await OpenStoreAsync(new NpgsqlConnectionStringBuilder(Options.ConnectionString)
        {
            Username = _role,
            Password = _role,
        }.ConnectionString);
        await using var directory = NewDirectory(store);
        var (loaded, other) = (directory.GetStream(TestData.Name("loaded")), directory.GetStream(TestData.Name("other")));
        await loaded.NewAsync();
        await loaded.PutAsync("1");
        await using (var before = NewDirectory(store))
        {
            await before.GetStream(other.Name).NewAsync();
        }

        await using (var connection = await Truth.OpenConnectionAsync(Cancellation))
        await using (var holder = await connection.BeginTransactionAsync(Cancellation))
        {
            await LoseAsync(loss, connection);
            await AllRefusedAsync(loss.Refused, directory, loaded, other);
            await Phase.UntilAsync(
                "readiness names it", () => store.Health is { AcceptsWrites: false, IsFinal: false, NotReadyReason.Length: > 0 }, Cancellation);
            Assert.Contains("SQLSTATE", store.Health.NotReadyReason, StringComparison.Ordinal);
            foreach (var step in loss.GiveBack)
            {
                await DoAsRootAsync(step);
            }
        }

        await Phase.UntilAsync("ready again", () => store.Health.NotReadyReason is null, Cancellation);
        await loaded.PutAsync("2");
        await other.PutAsync("1");
        Assert.Equal(["1", "2"], await loaded.TextsAsync());
        await directory.GetStream(TestData.Name("new")).NewAsync();
        Assert.NotEmpty(await store.ListAsync("", null, 10, Cancellation));
        Assert.IsType<DeleteOutcome.Deleted>(await other.DeleteAsync(Cancellation));
    }

    private static LocalStreamDirectory NewDirectory(PostgreSqlLogStore store) => new(
        store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance);

    private static async Task AllRefusedAsync(Refused refused, LocalStreamDirectory directory, IStreamHandle loaded, IStreamHandle other)
    {
        var request = new AppendRequest { Events = TestData.Payloads("lost") };
        foreach (var stream in (IStreamHandle[])[loaded, other, loaded])
        {
            AssertNotNow(await Ask(stream.SendAsync(request)));
        }

        if (refused == Refused.Appends)
        {
            return;
        }

        AssertNotNow(await Ask(directory.GetStream(TestData.Name("new")).CreateAsync(new CreateRequest(), Cancellation).AsTask()));
        AssertNotNow(await Ask(loaded.DeleteAsync(Cancellation).AsTask()));
        if (refused == Refused.Writes)
        {
            return;
        }

        AssertNotNow(await Ask(loaded.DescribeAsync(Cancellation).AsTask()));
        AssertNotNow(await Ask(other.DescribeAsync(Cancellation).AsTask()));
        await Assert.ThrowsAsync<StoreUnreachableException>(() => Ask(directory.ListAsync("", null, 10, Cancellation).AsTask()));

        static Task<T> Ask<T>(Task<T> answer) => Phase.OfAsync("it is answered", answer);
    }

    private static void AssertNotNow(object outcome) => Assert.Contains(
        outcome switch
        {
            AppendOutcome.Unavailable append => append.Reason,
            CreateOutcome.Unavailable create => create.Reason,
            DeleteOutcome.Unavailable delete => delete.Reason,
            DescribeOutcome.Unavailable describe => describe.Reason,
            _ => throw new InvalidOperationException($"The store took it: {outcome}"),
        },
        (UnavailableReason[])[UnavailableReason.StoreUnreachable, UnavailableReason.OutcomeUnknown]);

    private async Task LoseAsync(Loss loss, NpgsqlConnection connection)
    {
        if (loss.IsLocked)
        {
            await using var hold = new NpgsqlCommand($"LOCK TABLE {Options.Schema}.streams IN ACCESS EXCLUSIVE MODE", connection);
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        foreach (var step in loss.Take)
        {
            await DoAsRootAsync(step);
        }
    }

    private Task DoAsRootAsync(string sql) => DoAsync(sql.Replace("$R", _role, StringComparison.Ordinal));

    /// <summary>What is taken away.</summary>
    /// <param name="Refused">What cannot be done then.</param>
    /// <param name="Take">How.</param>
    /// <param name="GiveBack">How it is given back.</param>
    private sealed record Loss(Refused Refused, IReadOnlyList<string> Take, IReadOnlyList<string> GiveBack)
    {
        /// <summary>Somebody holds the table of heads meanwhile.</summary>
        public bool IsLocked { get; init; }
    }
}
