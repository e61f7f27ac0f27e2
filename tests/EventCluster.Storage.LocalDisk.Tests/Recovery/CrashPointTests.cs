using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit;
using EventCluster.TestKit.Disk;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>
/// A scripted life of a store ends before each single change of its disk, by a kill or by a loss of power, and so does the
/// recovery after it. It always starts again, and it has what it acknowledged.
/// </summary>
public sealed class CrashPointTests
{
    public static TheoryData<int, bool> Cases => [.. from seed in Enumerable.Range(0, 4)
                                                     from power in new[] { false, true }
                                                     select (seed, power)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Store_DiesBeforeEachChange_StartsAndHasWhatItAcknowledged(int seed, bool power)
    {
        var whole = new ScriptedStore(seed);
        whole.Live();
        Assert.InRange(whole.Disk.Changes, 60, 2000);
        for (var change = 1; change <= whole.Disk.Changes; change++)
        {
            var store = new ScriptedStore(seed);
            store.Disk.DieAt(change, power);
            store.Live();
            store.Recover($"change {change}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recovery_DiesBeforeEachChange_StartsAndHasWhatWasAcknowledged(int seed, bool power)
    {
        // The store dies at a few places of its life; the recovery from there dies at each of its own.
        var whole = new ScriptedStore(seed);
        whole.Live();
        var random = new Random(seed);
        for (var place = 0; place < 6; place++)
        {
            var change = random.Next(1, whole.Disk.Changes);
            for (var again = 1; ; again++)
            {
                var store = new ScriptedStore(seed);
                store.Disk.DieAt(change, random.Next(2) == 0);
                store.Live();
                if (!store.TryRecover(again, power))
                {
                    break;
                }

                store.Recover($"change {change}, then {again} of the recovery");
            }
        }
    }

    [Theory]
    [InlineData("format-1", false)]
    [InlineData("format-1", true)]
    [InlineData("format-1-killed", false)]
    [InlineData("format-1-killed", true)]
    public void Upgrade_DiesBeforeEachChange_OpensAndSaysTheSame(string fixture, bool power)
    {
        var done = 0;
        for (var change = 1; done == 0; change++)
        {
            var store = new ScriptedStore(change);
            store.Load(fixture);
            done = store.TryRecover(change, power) ? 0 : change;
            store.OpenAgain($"change {change}");
            Assert.Equal(Format.FixtureStore.Expected, store.Describe());
            Assert.Contains("\"formatVersion\":2", store.TextOf("format.json"), StringComparison.Ordinal);
        }

        Assert.InRange(done, 8, 100);
    }

    /// <summary>One life: two streams, three segments, trims, a delete, checkpoints, compaction, idle seconds, a stop.</summary>
    private sealed class ScriptedStore(int seed)
    {
        private readonly VirtualTimeProvider _clock = new();
        private readonly DeterministicTaskScheduler _scheduler = new(new Random(seed));
        private readonly Dictionary<string, List<string>> _acknowledged = new(StringComparer.Ordinal);
        private readonly HashSet<string> _unknown = new(StringComparer.Ordinal);
        private SimulatedDisk? _disk;
        private LocalDiskLogStore? _store;

        public SimulatedDisk Disk => _disk ??= new SimulatedDisk(new Random(seed + 1), _clock);

        public void Live() => _scheduler.RunToEnd(LiveAsync, _clock);

        public void Load(string fixture)
        {
            foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "fixtures", fixture)))
            {
                Disk.WriteAllBytes($"/data/{Path.GetFileName(path)}", File.ReadAllBytes(path));
            }
        }

        /// <summary>Opens and dies before the n-th change; false when there are fewer.</summary>
        public bool TryRecover(int change, bool power)
        {
            var died = false;
            _scheduler.RunToEnd(
                async () =>
                {
                    Disk.KillProcess();
                    var epoch = Disk.Epoch;
                    Disk.DieAt(change, power);
                    try
                    {
                        await OpenAsync();
                        await Task.Delay(TimeSpan.FromSeconds(3), _clock);
                        await _store!.DisposeAsync();
                    }
                    catch (IOException e) when (e is not LogDamagedException and not DataDirectoryUnusableException)
                    {
                        // It died.
                    }

                    died = Disk.Epoch != epoch;
                    Disk.DieAt(0, power);
                },
                _clock);
            return died;
        }

        public void OpenAgain(string place) => _scheduler.RunToEnd(
            async () =>
            {
                Disk.DieAt(0, power: false);
                Disk.KillProcess();
                try
                {
                    await OpenAsync();
                }
                catch (IOException e)
                {
                    Assert.Fail($"seed {seed}, {place}: {e.Message}");
                }
            },
            _clock);

        public void Recover(string place)
        {
            OpenAgain(place);
            _scheduler.RunToEnd(() => CheckAsync(place), _clock);
            OpenAgain($"{place}, once more");
            _scheduler.RunToEnd(() => CheckAsync($"{place}, once more"), _clock);
            _scheduler.RunToEnd(async () => await _store!.DisposeAsync(), _clock);
        }

        public string Describe()
        {
            var text = "";
            _scheduler.RunToEnd(async () => text = await Format.FixtureStore.DescribeAsync(_store!), _clock);
            return text;
        }

        public string TextOf(string name) => System.Text.Encoding.UTF8.GetString(Disk.ReadAllBytes($"/data/{name}"));

        private async Task LiveAsync()
        {
            try
            {
                await OpenAsync();
                var (a, b, big) = (await CreateAsync("a"), await CreateAsync("b"), await CreateAsync("big"));
                for (var i = 0; i < 24; i++)
                {
                    await AppendAsync(big, $"{i}{new string('x', 9_000)}");
                    await AppendAsync(i % 2 == 0 ? a : b, $"{i}");
                    if (i % 8 == 5)
                    {
                        await TrimAsync(big);
                        await Task.Delay(TimeSpan.FromSeconds(2), _clock);
                    }
                }

                await RemoveAsync(b);
                await Task.Delay(TimeSpan.FromSeconds(2), _clock);
                await _store!.DisposeAsync();
                await OpenAsync();
                var again = await LogStoreOwner.OpenAsync(_store!, "a", CancellationToken.None);
                await AppendAsync(again, "after");
                await _store!.DisposeAsync();
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                Disk.DieAt(0, power: false);
                if (_store is not null)
                {
                    await _store.DisposeAsync();
                }
            }
        }

        private async Task OpenAsync() => _store = await LocalDiskLogStore.OpenAsync(
            new LocalDiskOptions
            {
                Path = "/data",
                SegmentBytes = LocalDiskOptions.MinSegmentBytes,
                CheckpointEveryBytes = 50_000,
                CompactionBytesPerSecond = 100_000_000,
                Scheduler = _scheduler,
                NewStoreId = 42,
            },
            Disk.Attach(),
            _clock,
            NullLogger<LocalDiskLogStore>.Instance,
            CancellationToken.None);

        private async Task<LogStoreOwner> CreateAsync(string name)
        {
            var owner = await LogStoreOwner.OpenAsync(_store!, name, CancellationToken.None);
            await SendAsync(owner, owner.Next(), () => _acknowledged[name] = []);
            return owner;
        }

        private Task AppendAsync(LogStoreOwner owner, string text) =>
            SendAsync(owner, owner.Next(text), () => _acknowledged[owner.Name.Value].Add(text));

        private Task RemoveAsync(LogStoreOwner owner) =>
            SendAsync(owner, owner.Next() with { Remove = true }, () => _acknowledged.Remove(owner.Name.Value));

        private Task TrimAsync(LogStoreOwner owner) => SendAsync(
            owner,
            owner.Next() with
            {
                Head = owner.Head with { Earliest = owner.Head.Tail - 1 },
                Purges = [new SequenceRange(0, owner.Head.Tail - 1)],
            },
            () =>
            {
            });

        private async Task SendAsync(LogStoreOwner owner, StreamCommit commit, Action acknowledged)
        {
            _unknown.Add(owner.Name.Value);
            if (await owner.SendAsync(commit) is var status && status != CommitStatus.Committed)
            {
                Assert.Equal(CommitStatus.Refused, status);
                throw new IOException("The store died before this commit.");
            }

            _unknown.Remove(owner.Name.Value);
            acknowledged();
        }

        private async Task CheckAsync(string place)
        {
            foreach (var name in new[] { "a", "b", "big" })
            {
                var head = await _store!.GetHeadAsync(TestData.Name(name), CancellationToken.None);
                var events = _acknowledged.GetValueOrDefault(name);
                if (events is null || head is null)
                {
                    Assert.True(
                        (events is null) == (head is null) || _unknown.Contains(name),
                        $"seed {seed}, {place}: '{name}' is {(head is null ? "missing" : "there again")}");
                    continue;
                }

                var unknown = _unknown.Contains(name) ? 1 : 0;
                Assert.InRange(head.Head.Tail, events.Count, events.Count + unknown);
                for (var next = head.Head.Earliest; next < events.Count; next++)
                {
                    var range = new BlockRange(head.Name, 1, next, next + 1);
                    var blocks = await _store.ReadAsync(range, 1, CancellationToken.None);
                    Assert.Equal(events[(int)next], TestData.Texts(Assert.Single(blocks)).Single());
                }
            }
        }
    }
}
