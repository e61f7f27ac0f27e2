using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk;
using EventCluster.TestKit;
using EventCluster.TestKit.Disk;

namespace EventCluster.Simulation.Media;

/// <summary>The journal of the product on a simulated disk.</summary>
internal sealed class DiskMedium : IMedium
{
    private static readonly DiskFaults Faults = new()
    {
        ReadError = 0.002,
        WriteError = 0.0005,
        FlushError = 0.0005,
        SlowFlush = 0.05,
        MaxFlushDelay = TimeSpan.FromMilliseconds(200),
    };

    private readonly SimulatedDisk _disk;
    private readonly VirtualTimeProvider _clock;
    private readonly Random _random;
    private readonly Trace _trace;
    private readonly LocalDiskOptions _options;

    public DiskMedium(int seed, VirtualTimeProvider clock, TaskScheduler scheduler, Trace trace, bool skipFlush)
    {
        _trace = trace;
        _clock = clock;
        _random = new Random(seed);
        _disk = new SimulatedDisk(new Random(_random.Next()), clock) { SkipFlush = skipFlush };
        _options = new LocalDiskOptions
        {
            Path = "/data",
            SegmentBytes = 256 * 1024,
            CheckpointEveryBytes = 192 * 1024,
            CompactionThreshold = 0.3,
            Scheduler = scheduler,
            NewStoreId = (UInt128)_random.NextInt64(),
        };
    }

    public IEnumerable<KeyValuePair<string, int>> FaultCounts => _disk.FaultCounts;

    public async Task<ILogStore> OpenAsync() => await LocalDiskLogStore.OpenAsync(
        _options, _disk.Attach(), _clock, new TraceLogger<LocalDiskLogStore>(_trace), CancellationToken.None);

    public void Crash(bool power)
    {
        if (power)
        {
            _disk.Crash();
        }
        else
        {
            _disk.KillProcess();
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void SetFaults(bool on) => _disk.Faults = on ? Faults : DiskFaults.None;

    public void SetFull(bool full) => _disk.Capacity = full ? _disk.Used + _random.Next(40_000) : null;
}
