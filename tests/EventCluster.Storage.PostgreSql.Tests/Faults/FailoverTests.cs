using System.Collections.Concurrent;
using System.Diagnostics;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Faults;

/// <summary>A real primary with a real standby: commits that the new primary lacks are told, and nothing needs a restart.</summary>
public sealed class FailoverTests(SharedServer shared) : IAsyncLifetime
{
    private readonly MessageLog<PostgreSqlLogStore> _log = new();
    private readonly List<IAsyncDisposable> _opened = [];
    private PostgreSqlServer _primary = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(shared.Server.Missing is not null, shared.Server.Missing ?? "");
        _primary = await PostgreSqlServer.StartAsync();
        _opened.Add(_primary);
    }

    public async ValueTask DisposeAsync()
    {
        _opened.Reverse();
        foreach (var part in _opened)
        {
            await part.DisposeAsync();
        }
    }

    /// <summary>Goal: as its name says. Method: the data folder is replaced by an older copy of itself, under the same timeline.</summary>
    [Fact]
    public async Task Failover_ToAStandbyThatLacksTheLastCommit_IsNotSilent()
    {
        var directory = await OpenDirectoryAsync(_primary.ConnectionString);
        var stream = directory.GetStream(TestData.Name("s"));
        await stream.NewAsync();
        await stream.PutAsync("a");
        await stream.PutAsync("b");
        await _primary.DownAsync();
        Bash($"cp -a {_primary.Folder}/data {_primary.Folder}/standby");
        await _primary.UpAsync();
        var acked = await AppendAsync(stream, "c-acked");
        await _primary.DownAsync();
        Bash($"mv {_primary.Folder}/data {_primary.Folder}/lost; mv {_primary.Folder}/standby {_primary.Folder}/data");
        await _primary.UpAsync();

        var again = await AppendAsync(stream, "d");
        var read = await stream.PeekAsync(acked.Next);

        Assert.NotEqual(acked.Next, again.Next);
        Assert.Equal(GapReason.Recreated, Assert.IsType<ReadOutcome.Gap>(read).Info.Reason);
        Assert.Equal(["a", "b", "d"], await stream.TextsAsync());
    }

    /// <summary>
    /// Goal: every lost event is told by a gap, no offset stands for two events, and appends and readers go on by themselves.
    /// Method: the standby is away while 200 appends are acknowledged; then the primary ends and the standby is promoted.
    /// </summary>
    [Fact]
    public async Task Promotion_OfAStandbyThatLacks200Commits_IsToldAndGoesOn()
    {
        const int Streams = 10;
        const int Losing = 8;
        const int LostOfEach = 25;
        var standby = await StandbyAsync();
        await using var relay = new TcpRelay(_primary.Port);
        var directory = await OpenDirectoryAsync(Through(relay.Port));
        var streams = Enumerable.Range(0, Streams).Select(i => directory.GetStream(TestData.Name($"s{i}"))).ToArray();
        foreach (var stream in streams)
        {
            await stream.NewAsync();
            await stream.PutAsync("before");
        }

        await ReplicatedAsync();
        await standby.DownAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var readers = Array.ConvertAll(streams, stream => new Reader(stream, end.Token));
        List<(int Stream, StreamOffset Offset)> lost = [];
        foreach (var s in Enumerable.Range(0, Losing))
        {
            for (var i = 0; i < LostOfEach; i++)
            {
                lost.Add((s, (await streams[s].PutAsync($"lost {s} {i}")).Next));
            }

            await Phase.UntilAsync("its reader has seen them", () => readers[s].Position == lost[^1].Offset, Cancellation);
        }

        await _primary.KillAsync();
        await standby.UpAsync();
        await standby.PromoteAsync();
        relay.MoveTo(standby.Port);
        relay.Cut();

        var after = await Task.WhenAll(streams.Select(stream => AppendAsync(stream, "after")));
        Assert.DoesNotContain(after.Select((appended, s) => (s, appended.Next)), lost.Contains);
        for (var s = 0; s < Streams; s++)
        {
            await Phase.UntilAsync($"reader {s} goes on", () => readers[s].Texts.Contains("after"), Cancellation);
            Assert.Equal(s < Losing ? [GapReason.Recreated] : Array.Empty<GapReason>(), readers[s].Gaps);
            Assert.Equal(["before", "after"], await streams[s].TextsAsync());
            Assert.Empty(readers[s].Contradictions);
        }

        foreach (var (s, offset) in lost)
        {
            Assert.Equal(GapReason.Recreated, (await streams[s].GapAsync(offset)).Reason);
        }

        Assert.Equal(1, _log.Count(5030));
        await end.CancelAsync();
        await Task.WhenAll(readers.Select(reader => reader.Ended));
    }

    /// <summary>
    /// Goal: an orderly switchover loses nothing and shows no gap. Method: writers and readers go on while the primary stops, the
    /// standby is promoted, and the former primary comes back as its standby; by an address that moves, and by a list of hosts.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Switchover_WithWritersAndReaders_LosesNothingAndShowsNoGap(bool byAddress)
    {
        const int Streams = 6;
        const int Events = 120;
        var standby = await StandbyAsync();
        await using var relay = new TcpRelay(_primary.Port);
        var connection = byAddress
            ? Through(relay.Port)
            : new NpgsqlConnectionStringBuilder(_primary.ConnectionString)
            {
                Host = $"127.0.0.1:{_primary.Port},127.0.0.1:{standby.Port}",
            }.ConnectionString;
        var directory = await OpenDirectoryAsync(connection);
        var streams = Enumerable.Range(0, Streams).Select(i => directory.GetStream(TestData.Name($"s{i}"))).ToArray();
        foreach (var stream in streams)
        {
            await stream.NewAsync();
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var readers = Array.ConvertAll(streams, stream => new Reader(stream, end.Token));
        var appended = 0;
        var writers = Task.WhenAll(streams.Select(stream => Task.Run(
            async () =>
            {
                for (var i = 0; i < Events; i++)
                {
                    await AppendAsync(stream, $"{i}", new ProducerStamp("p", 0, i));
                    Interlocked.Increment(ref appended);
                }
            },
            Cancellation)));
        await Phase.UntilAsync("a third is written", () => appended > Streams * Events / 3 || writers.IsFaulted, Cancellation);

        await _primary.DownAsync();
        await standby.PromoteAsync();
        await _primary.FollowAsync(standby);
        await _primary.UpAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancellation);
        relay.MoveTo(standby.Port);

        await Phase.OfAsync("all is written", writers);
        for (var s = 0; s < Streams; s++)
        {
            await Phase.UntilAsync("the reader has all", () => readers[s].Texts.Count >= Events, Cancellation);
            Assert.Equal(Enumerable.Range(0, Events).Select(i => $"{i}"), readers[s].Texts);
            Assert.Empty(readers[s].Gaps);
            Assert.Equal(Enumerable.Range(0, Events).Select(i => $"{i}"), await streams[s].TextsAsync());
        }

        Assert.Equal(1, _log.Count(5030));
        await end.CancelAsync();
        await Task.WhenAll(readers.Select(reader => reader.Ended));
    }

    /// <summary>Goal: a commit that its standby may lack is not acknowledged, whatever ends the wait for it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_WaitForItsStandbyCancelled_IsUnknownAndNeverAcknowledged(bool byAdministrator)
    {
        var standby = await StandbyAsync();
        await DoAsync("ALTER SYSTEM SET synchronous_standby_names = '*'");
        await DoAsync("SELECT pg_reload_conf()");
        await ReplicatedAsync("sync");
        var directory = await OpenDirectoryAsync(_primary.ConnectionString, commandSeconds: byAdministrator ? 60 : 1);
        var stream = directory.GetStream(TestData.Name("s"));
        await stream.NewAsync();
        await stream.PutAsync("a");
        await standby.DownAsync();

        var append = stream.SendAsync(new AppendRequest { Events = TestData.Payloads("b") });
        while (byAdministrator && !append.IsCompleted)
        {
            await DoAsync("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
            await Task.WhenAny(append, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation));
        }

        Assert.Equal(UnavailableReason.OutcomeUnknown, Assert.IsType<AppendOutcome.Unavailable>(await append).Reason);
        await standby.UpAsync();
        await AppendAsync(stream, "c");
        Assert.Equal(["a", "b", "c"], await stream.TextsAsync());
    }

    /// <summary>A standby is no wrong database: it may be promoted.</summary>
    [Fact]
    public async Task Open_OfAStandby_WaitsUntilItIsPromoted()
    {
        var standby = await StandbyAsync();
        var opening = OpenDirectoryAsync(standby.ConnectionString);
        await Phase.UntilAsync("it says that it waits", () => _log.Count(5010) == 1, Cancellation);

        await _primary.DownAsync();
        await standby.PromoteAsync();

        var directory = await Phase.OfAsync("it opens", opening);
        await directory.GetStream(TestData.Name("s")).NewAsync();
    }

    /// <summary>
    /// Goal: numbers that one promoted standby gave are not given by the next one, which lacks them. Method: two standbys of one
    /// primary are promoted one after the other; both have the same timeline then.
    /// </summary>
    [Fact]
    public async Task Numbers_OfTwoStandbysPromotedInTurn_Differ()
    {
        await using (var before = await OpenStoreAsync(_primary.ConnectionString, 10))
        {
            await before.DrawIncarnationAsync(Cancellation);
        }

        PostgreSqlServer[] standbys = [await StandbyAsync(), await StandbyAsync()];
        await _primary.KillAsync();
        List<long> incarnations = [];
        List<long> fences = [];
        foreach (var standby in standbys)
        {
            await standby.PromoteAsync();
            await using var store = await OpenStoreAsync(standby.ConnectionString, 10);
            for (var i = 0; i < 20; i++)
            {
                incarnations.Add(await store.DrawIncarnationAsync(Cancellation));
                fences.Add((await store.OpenAsync(TestData.Name($"s{i}"), Cancellation)).Fence);
            }

            await standby.KillAsync();
        }

        Assert.Equal(incarnations.Count, incarnations.Distinct().Count());
        Assert.Equal(fences.Count, fences.Distinct().Count());
    }

    private static void Bash(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", script]))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static async Task<AppendOutcome.Appended> AppendAsync(IStreamHandle stream, string text, ProducerStamp? producer = null)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var outcome = await stream.SendAsync(new AppendRequest { Events = TestData.Payloads(text), Producer = producer });
            switch (outcome)
            {
                case AppendOutcome.Appended appended:
                    return appended;
                case AppendOutcome.Duplicate duplicate:
                    return new AppendOutcome.Appended(duplicate.Tail, duplicate.Tail, Closed: false);
                case var other when TimeProvider.System.GetElapsedTime(begun) > Phase.HangGuard:
                    throw new TimeoutException($"The append of '{text}' does not go on: {other}");
                default:
                    Assert.IsType<AppendOutcome.Unavailable>(outcome);
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
                    break;
            }
        }
    }

    private string Through(int port) => new NpgsqlConnectionStringBuilder(_primary.ConnectionString) { Port = port }.ConnectionString;

    private async Task<PostgreSqlServer> StandbyAsync()
    {
        var standby = await PostgreSqlServer.StandbyOfAsync(_primary);
        _opened.Add(standby);
        return standby;
    }

    /// <summary>Waits until the standby has everything.</summary>
    private async Task ReplicatedAsync(string state = "%")
    {
        await using var source = NpgsqlDataSource.Create(_primary.ConnectionString);
        await Phase.UntilAsync(
            "the standby has everything",
            async () =>
            {
                await using var command = source.CreateCommand(
                    $"SELECT count(*) FROM pg_stat_replication WHERE flush_lsn >= pg_current_wal_flush_lsn() AND sync_state LIKE '{state}'");
                return (long)(await command.ExecuteScalarAsync(Cancellation))! > 0;
            },
            static () => { },
            Cancellation);
    }

    private async Task DoAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(_primary.ConnectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private Task<PostgreSqlLogStore> OpenStoreAsync(string connection, int commandSeconds) => PostgreSqlLogStore.OpenAsync(
        new PostgreSqlOptions
        {
            ConnectionString = connection,
            CommandTimeout = TimeSpan.FromSeconds(commandSeconds),
            ConnectTimeout = TimeSpan.FromSeconds(1),
            RetryAfter = TimeSpan.FromMilliseconds(50),
        },
        TimeProvider.System, _log, Cancellation);

    private async Task<LocalStreamDirectory> OpenDirectoryAsync(string connection, int commandSeconds = 10)
    {
        var store = await OpenStoreAsync(connection, commandSeconds);
        var directory = new LocalStreamDirectory(
            store, new LocalStreamDirectoryOptions { FenceCheckInterval = TimeSpan.FromMilliseconds(200), SweepInterval = TimeSpan.FromMilliseconds(50) },
            TimeProvider.System, new Random(1), Microsoft.Extensions.Logging.Abstractions.NullLogger<LocalStreamDirectory>.Instance);
        directory.Start();
        _opened.Add(store);
        _opened.Add(directory);
        return directory;
    }

    /// <summary>Follows a stream from its beginning, and goes on behind gaps where the histories part.</summary>
    private sealed class Reader
    {
        private readonly Dictionary<StreamOffset, string> _seen = [];

        public Reader(IStreamHandle stream, CancellationToken end) => Ended = Task.Run(() => RunAsync(stream, end), CancellationToken.None);

        public ConcurrentQueue<string> Texts { get; } = new();

        public ConcurrentQueue<GapReason> Gaps { get; } = new();

        public ConcurrentQueue<string> Contradictions { get; } = new();

        public StreamOffset? Position { get; private set; }

        public Task Ended { get; }

        private async Task RunAsync(IStreamHandle stream, CancellationToken end)
        {
            while (!end.IsCancellationRequested)
            {
                try
                {
                    Position ??= await stream.DescribeAsync(end) is DescribeOutcome.Found found ? found.Descriptor.Earliest : null;
                    var outcome = Position is { } from
                        ? await stream.ReadAsync(
                            new ReadRequest(from, ProtocolLimits.MaxReadAnswerBytes, 1, TimeSpan.FromSeconds(1), Touch: false), end)
                        : null;
                    switch (outcome)
                    {
                        case ReadOutcome.Batch batch:
                            Take(batch);
                            break;
                        case ReadOutcome.Gap gap:
                            Gaps.Enqueue(gap.Info.Reason);
                            Position = gap.Resume;
                            break;
                        default:
                            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, end);
                            break;
                    }
                }
                catch (OperationCanceledException) when (end.IsCancellationRequested)
                {
                    return;
                }
            }
        }

        private void Take(ReadOutcome.Batch batch)
        {
            foreach (var text in batch.Texts())
            {
                if (!_seen.TryAdd(batch.Next, text) && _seen[batch.Next] != text)
                {
                    Contradictions.Enqueue($"{batch.Next} is '{_seen[batch.Next]}' and '{text}'");
                }

                Texts.Enqueue(text);
            }

            Position = batch.Next;
        }
    }
}
