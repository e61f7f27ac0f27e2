using EventCluster.Core;
using EventCluster.Storage.LocalDisk;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Faults.Images;

/// <summary>
/// Makes images with the product's own store and streams, in virtual time and on one thread: a seed decides every byte. A
/// second life follows an orderly stop, so a journal has the traces of both.
/// </summary>
internal sealed class ImageMaker : IAsyncDisposable
{
    /// <summary>What a start after a kill may miss of the end, as STORAGE says.</summary>
    public static readonly TimeSpan DocumentedLoss = TimeSpan.FromSeconds(1);

    private const int StepsPerLife = 70;

    /// <summary>So little that a stop writes no checkpoint: the end of the journal is all there is.</summary>
    private const int StepsOfAShortLife = 12;

    /// <summary>
    /// The first life goes on until so much is written: a start that finds less shows less than several segments, and
    /// checkpoints behind and before them. With what the second life adds, an image has at least 256 KiB; more only costs time.
    /// </summary>
    private const int LeastBytes = 176 * 1024;

    private const int LeastBytesBeforeAShortLife = 232 * 1024;

    private const int LeastImageBytes = 256 * 1024;

    private const int MostSteps = 5_000;

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(40);

    private readonly VirtualTimeProvider _clock = new();
    private readonly DeterministicTaskScheduler _scheduler;
    private readonly ImageDisk _disk = new();
    private readonly Random _random;
    private readonly List<(TimeSpan At, StoreState State, IReadOnlyDictionary<string, WorkAnswer> Answers)> _states = [];
    private Workload _work;
    private LocalDiskLogStore _store = null!;
    private LocalStreamDirectory _directory = null!;
    private SortedDictionary<string, byte[]> _earlier = [];

    private ImageMaker(int seed)
    {
        _random = new Random(seed);
        _scheduler = new DeterministicTaskScheduler(new Random(seed));
        _work = new Workload(_random);
    }

    /// <summary>
    /// Images of an orderly stopped store, of one that was stopped soon after its last start, and of one that was killed under load.
    /// </summary>
    public static IReadOnlyList<StoreImage> Make(int seed) =>
    [
        new ImageMaker(seed).Make("stopped", StepsPerLife, isKilled: false),
        new ImageMaker(seed + 1).Make("stopped soon", StepsOfAShortLife, isKilled: false),
        new ImageMaker(seed + 2).Make("killed", StepsPerLife, isKilled: true),
    ];

    public async ValueTask DisposeAsync()
    {
        if (_directory is not null)
        {
            await _directory.DisposeAsync();
            await _store.DisposeAsync();
        }
    }

    /// <summary>Options of every store here.</summary>
    public static LocalDiskOptions Options(TaskScheduler scheduler) => new()
    {
        Path = "/data",
        SegmentBytes = LocalDiskOptions.MinSegmentBytes,
        CheckpointEveryBytes = 96 * 1024,
        CompactionBytesPerSecond = int.MaxValue,
        Scheduler = scheduler,
        NewStoreId = 7,
    };

    private StoreImage Make(string name, int steps, bool isKilled)
    {
        Live(StepsPerLife, steps < StepsPerLife ? LeastBytesBeforeAShortLife : LeastBytes);
        Run(StopAsync);
        Live(steps, 0);
        if (!isKilled)
        {
            Run(StopAsync);
        }

        var from = isKilled ? _states.FindLastIndex(state => state.At <= _clock.Elapsed - DocumentedLoss) : _states.Count - 1;
        var states = _states[from..];
        var image = new StoreImage(
            name, _disk.Copy(), [.. states.Select(state => state.State)], [.. states.Select(state => state.Answers)], _earlier);
        Run(async () => await DisposeAsync());
        return image.Bytes >= LeastImageBytes
            ? image
            : throw new InvalidOperationException($"Image '{name}' has {image.Bytes} bytes, at least {LeastImageBytes} are wanted.");
    }

    private void Live(int steps, int leastBytes)
    {
        Run(StartAsync);
        for (var step = 0; step < steps || (_disk.WrittenBytes < leastBytes && step < MostSteps); step++)
        {
            if (step == steps / 2)
            {
                _earlier = _disk.Copy();
            }

            // One operation at a time at the end, so that every state that a cut can leave is one that was seen.
            var isLast = step > steps - (2 * DocumentedLoss / Step) && leastBytes == 0;
            var operations = isLast ? 1 : _random.Next(1, 6);
            var tasks = _work.Next(_directory, operations, mayTakeSeveralCommits: !isLast).Select(_scheduler.Start).ToArray();
            Run(() => Task.WhenAll(tasks));
            Capture();
            Advance(Step);
            Capture();
        }
    }

    private void Capture()
    {
        StoreState? state = null;
        Run(async () => state = await StoreState.ReadAsync(_store));
        if (_states.Count == 0 || !state!.Fits(_states[^1].State))
        {
            _work.Check(state!);
            _states.Add((_clock.Elapsed, state!, _work.Answers()));
        }
    }

    private async Task StartAsync()
    {
        _store = await LocalDiskLogStore.OpenAsync(
            Options(_scheduler), _disk, _clock, NullLogger<LocalDiskLogStore>.Instance, CancellationToken.None);
        _directory = new LocalStreamDirectory(
            new SmallSegmentStore(_store),
            new LocalStreamDirectoryOptions { MaxAppendBytes = 12_000, MaxAppendEvents = 16 },
            _clock,
            new Random(_random.Next()),
            NullLogger<LocalStreamDirectory>.Instance);
        _directory.Start();
    }

    private async Task StopAsync()
    {
        await _directory.StopAsync(CancellationToken.None);
        await _store.DisposeAsync();
        _directory = null!;
    }

    private void Run(Func<Task> work)
    {
        var task = _scheduler.Start(work);
        _scheduler.RunUntilIdle();
        for (var i = 0; !task.IsCompleted; i++)
        {
            if (i == 1000)
            {
                throw new InvalidOperationException("An image cannot be made: the store does not settle.");
            }

            Advance(TimeSpan.FromMilliseconds(1));
        }

        task.GetAwaiter().GetResult();
    }

    /// <summary>Timers set off work that must find the scheduler as the current one to stay on it.</summary>
    private void Advance(TimeSpan by)
    {
        _ = _scheduler.Start(() =>
        {
            _clock.Advance(by);
            return Task.CompletedTask;
        });
        _scheduler.RunUntilIdle();
    }
}
