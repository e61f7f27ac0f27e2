using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit;
using EventCluster.TestKit.Disk;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>One seeded run: a store on a simulated disk under a deterministic scheduler and a virtual clock.</summary>
internal sealed class RandomizedStore(int seed)
{
    private const int Streams = 6;

    private readonly Random _random = new(seed);
    private readonly VirtualTimeProvider _clock = new();
    private readonly DeterministicTaskScheduler _scheduler = new(new Random(seed + 1));
    private readonly StringBuilder _trace = new();
    private readonly ModelStream[] _model = [.. Enumerable.Range(0, Streams).Select(i => new ModelStream($"s{i}"))];
    private SimulatedDisk _disk = null!;
    private LocalDiskLogStore? _store;

    public bool SkipFlush { get; init; }

    /// <summary>Whether the store flushes before it acknowledges. Without, a loss of power may lose acknowledged commits.</summary>
    public bool Flush { get; init; } = true;

    public string Trace => _trace.ToString();

    public void Run(int rounds)
    {
        _disk = new SimulatedDisk(new Random(seed + 2), _clock)
        {
            SkipFlush = SkipFlush,
            Faults = new DiskFaults { FlushError = 0.002, WriteError = 0.001, SlowFlush = 0.1, ReadError = 0.0005 },
        };
        Open();
        for (var round = 0; round < rounds; round++)
        {
            _disk.Capacity = _random.Next(8) == 0 ? _disk.Used + _random.Next(100_000) : null;
            Work();
            if (_random.Next(6) == 0 || _store!.Health.IsFinal)
            {
                Restart();
            }
        }

        Restart();
    }

    private LocalDiskOptions Options() => new()
    {
        Path = "/data",
        Flush = Flush,
        SegmentBytes = LocalDiskOptions.MinSegmentBytes,
        CheckpointEveryBytes = 40_000,
        CompactionBytesPerSecond = 10_000_000,
        Scheduler = _scheduler,
        NewStoreId = 99,
    };

    private void Open(bool clean = true, bool power = false)
    {
        for (var attempt = 0; ; attempt++)
        {
            _disk.Capacity = null;
            try
            {
                _scheduler.RunToEnd(
                    async () => _store = await LocalDiskLogStore.OpenAsync(
                        Options(), _disk.Attach(), _clock, NullLogger<LocalDiskLogStore>.Instance, CancellationToken.None),
                    _clock);
                break;
            }
            catch (IOException e) when (e.GetType() == typeof(IOException) && attempt < 20)
            {
                // An injected fault: the operator starts the process again.
                Note($"open failed: {e.Message}");
                _disk.Crash();
                (clean, power) = (false, true);
            }
        }

        _scheduler.RunToEnd(() => CheckAsync(mayLose: !clean && !Flush, power && !Flush), _clock);
    }

    /// <summary>Commits to several streams at once; sometimes the end of the work is not waited for.</summary>
    private void Work()
    {
        var tasks = _model.Where(_ => _random.Next(2) == 0).Select(stream => _scheduler.Start(() => ChangeAsync(stream))).ToArray();
        if (_random.Next(10) == 0)
        {
            for (var steps = _random.Next(60); steps > 0 && _scheduler.RunOne(); steps--)
            {
            }

            Restart(tasks);
            return;
        }

        Finish(Task.WhenAll(tasks));
    }

    private void Finish(Task task)
    {
        while (!task.IsCompleted)
        {
            _scheduler.RunUntilIdle();
            Assert.True(task.IsCompleted || _clock.AdvanceToNextTimer(), "Nothing is ready and the work is not done.");
        }

        task.GetAwaiter().GetResult();
    }

    private void Restart(params Task[] running)
    {
        var store = _store!;
        var (clean, power) = (false, false);
        switch (_random.Next(3))
        {
            case 0 when running.Length == 0 && !store.Health.IsFinal:
                Note("stop");
                clean = true;
                _scheduler.RunToEnd(async () => await store.DisposeAsync(), _clock);
                break;
            case 1:
                Note("kill");
                _disk.KillProcess();
                break;
            default:
                Note("crash");
                _disk.Crash();
                power = true;
                break;
        }

        _scheduler.RunToEnd(async () => await store.DisposeAsync(), _clock);
        Finish(Task.WhenAll(running));
        Open(clean && !store.Health.IsFinal, power);
    }

    private async Task ChangeAsync(ModelStream stream)
    {
        LogStoreOwner owner;
        try
        {
            owner = await LogStoreOwner.OpenAsync(_store!, stream.Name, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return;
        }

        for (var i = _random.Next(1, 4); i > 0 && !stream.IsUnknown; i--)
        {
            var (commit, after) = Next(stream, owner);
            try
            {
                var status = await owner.SendAsync(commit);
                Note($"{stream.Name} v{commit.ExpectedVersion + 1} {status}");
                if (status != CommitStatus.Committed)
                {
                    Assert.NotEqual(CommitStatus.Conflict, status);
                    return;
                }

                stream.Now = after;
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                Note($"{stream.Name} v{commit.ExpectedVersion + 1} unknown");
                stream.BecomeUnknown(after);
            }
        }
    }

    private (StreamCommit Commit, ModelState? After) Next(ModelStream stream, LogStoreOwner owner)
    {
        var now = stream.Now;
        if (now is not null && _random.Next(20) == 0)
        {
            return (owner.Next() with { Remove = true }, null);
        }

        if (now is not null && _random.Next(5) == 0)
        {
            var earliest = now.Earliest + _random.Next((int)(owner.Head.Tail - now.Earliest) + 1);
            var trim = owner.Next() with
            {
                Head = owner.Head with { Earliest = earliest },
                Purges = [new SequenceRange(0, earliest)],
            };
            return (trim, now with { Version = now.Version + 1, Earliest = earliest });
        }

        var events = Enumerable.Range(0, _random.Next(1, 4))
            .Select(_ => $"{_random.Next(1000)}{new string('.', _random.Next(4) == 0 ? _random.Next(6000) : 20)}")
            .ToArray();
        var before = now ?? new ModelState(0, 0, [], 1);
        return (owner.Next(events), before with { Version = before.Version + 1, Events = [.. before.Events, .. events] });
    }

    private async Task CheckAsync(bool mayLose, bool power)
    {
        foreach (var stream in _model)
        {
            // A new history is one commit more. Whether a failed stop was clean only the journal knows.
            var head = await _store!.GetHeadAsync(TestData.Name(stream.Name), CancellationToken.None);
            var newest = head?.Incarnations.Latest.Incarnation ?? 0;
            var grew = newest > 1 && newest != stream.Now?.Newest;
            Assert.True(!grew || mayLose, "A new history without need.");
            var version = head?.Version - (grew ? 1 : 0);
            if (stream.IsUnknown)
            {
                stream.Settle(version);
            }

            if (power && (grew || head is null))
            {
                stream.Now = head is null ? null : await AdoptAsync(head);
                continue;
            }

            Assert.True(
                (version ?? 0) == (stream.Now?.Version ?? 0),
                $"seed {seed}: {stream.Name} has version {version}, acknowledged {stream.Now?.Version}\n{_trace}");
            stream.Now = stream.Now is null ? null : stream.Now with { Version = head!.Version, Newest = newest };
            if (head is not null)
            {
                Assert.Equal(stream.Now!.Earliest, head.Head.Earliest);
                Assert.Equal(stream.Now.Events.Skip((int)stream.Now.Earliest), await ReadAsync(head));
            }
        }
    }

    /// <summary>What is left after acknowledged commits may be lost: whole, readable, and under a new history.</summary>
    private async Task<ModelState> AdoptAsync(StoredHead head)
    {
        Assert.Equal(head.Head.Tail, head.Incarnations.Latest.FirstSequence);
        var texts = await ReadAsync(head);
        Assert.Equal(head.Head.Tail - head.Head.Earliest, texts.Count);
        return new ModelState(
            head.Version, head.Head.Earliest, [.. new string[head.Head.Earliest], .. texts], head.Incarnations.Latest.Incarnation);
    }

    private async Task<List<string>> ReadAsync(StoredHead head)
    {
        var texts = new List<string>();
        for (var next = head.Head.Earliest; next < head.Head.Tail;)
        {
            var block = Assert.Single(await _store!.ListBlocksAsync(head.Name, next, 1, CancellationToken.None));
            var range = new BlockRange(head.Name, block.Incarnation, next, head.Head.Tail);
            IReadOnlyList<Protocol.EventBlock> blocks;
            try
            {
                blocks = await _store!.ReadAsync(range, _random.Next(20_000), CancellationToken.None);
            }
            catch (IOException e) when (e.GetType() == typeof(IOException))
            {
                continue;
            }

            Assert.NotEmpty(blocks);
            foreach (var read in blocks)
            {
                texts.AddRange(TestData.Texts(read).Skip((int)(next - read.FirstSequence)));
                next = read.EndSequence;
            }
        }

        return texts;
    }

    private void Note(string text) => _trace.Append(_clock.GetUtcNow().ToUnixTimeMilliseconds()).Append(' ').AppendLine(text);

    private sealed record ModelState(long Version, long Earliest, string[] Events, long Newest);

    private sealed class ModelStream(string name)
    {
        private ModelState? _unknown;

        public string Name { get; } = name;

        /// <summary>What was acknowledged; null for no stream.</summary>
        public ModelState? Now { get; set; }

        /// <summary>The outcome of the last commit is not known.</summary>
        public bool IsUnknown { get; private set; }

        public void BecomeUnknown(ModelState? after) => (_unknown, IsUnknown) = (after, true);

        /// <summary>After a restart a commit of unknown outcome has landed or not.</summary>
        public void Settle(long? version)
        {
            if ((version ?? 0) == (_unknown?.Version ?? 0))
            {
                Now = _unknown;
            }

            IsUnknown = false;
        }
    }
}
