using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Storage.LocalDisk.Tests.Conformance;

/// <summary>The store without a flush before each acknowledgement.</summary>
public sealed class UnflushedConformanceTests : LogStoreConformance
{
    private readonly SimulatedDisk _disk = new(new Random(8), TimeProvider.System);

    protected override async ValueTask<ILogStore> OpenStoreAsync(int maxStreams) => await LocalDiskLogStore.OpenAsync(
        new LocalDiskOptions { Path = "/data", MaxStreams = maxStreams, SegmentBytes = 4 * 1024 * 1024, Flush = false },
        _disk.Attach(),
        TimeProvider.System,
        NullLogger<LocalDiskLogStore>.Instance,
        Cancellation);
}
