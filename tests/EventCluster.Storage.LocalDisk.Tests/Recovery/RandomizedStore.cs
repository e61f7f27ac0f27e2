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
        SegmentBytes = LocalDiskOptions.MinSegmentBytes,
        CheckpointEveryBytes = 40_000,
        CompactionBytesPerSecond = 10_000_000,
        Scheduler = _scheduler,
        NewStoreId = 99,
    };

    private void Open()
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
            }
        }

        _scheduler.RunToEnd(CheckAsync, _clock);
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
        switch (_random.Next(3))
        {
            case 0 when running.Length == 0:
                Note("stop");
                _scheduler.RunToEnd(async () => await store.DisposeAsync(), _clock);
                break;
            case 1:
                Note("kill");
                _disk.KillProcess();
                break;
            default:
                Note("crash");
                _disk.Crash();
                break;
        }

        _scheduler.RunToEnd(async () => await store.DisposeAsync(), _clock);
        Finish(Task.WhenAll(running));
        Open();
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
        var before = now ?? new ModelState(0, 0, []);
        return (owner.Next(events), before with { Version = before.Version + 1, Events = [.. before.Events, .. events] });
    }

    private async Task CheckAsync()
    {
        foreach (var stream in _model)
        {
            var head = await _store!.GetHeadAsync(TestData.Name(stream.Name), CancellationToken.None);
            if (stream.IsUnknown)
            {
                stream.Settle(head?.Version);
            }

            Assert.True(
                (head?.Version ?? 0) == (stream.Now?.Version ?? 0),
                $"seed {seed}: {stream.Name} has version {head?.Version}, acknowledged {stream.Now?.Version}\n{_trace}");
            if (head is not null)
            {
                Assert.Equal(stream.Now!.Earliest, head.Head.Earliest);
                Assert.Equal(stream.Now.Events.Skip((int)stream.Now.Earliest), await ReadAsync(head));
            }
        }
    }

    private async Task<List<string>> ReadAsync(StoredHead head)
    {
        var texts = new List<string>();
        for (var next = head.Head.Earliest; next < head.Head.Tail;)
        {
            var range = new BlockRange(head.Name, 1, next, head.Head.Tail);
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
            foreach (var block in blocks)
            {
                texts.AddRange(TestData.Texts(block).Skip((int)(next - block.FirstSequence)));
                next = block.EndSequence;
            }
        }

        return texts;
    }

    private void Note(string text) => _trace.Append(_clock.GetUtcNow().ToUnixTimeMilliseconds()).Append(' ').AppendLine(text);

    private sealed record ModelState(long Version, long Earliest, string[] Events);

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
