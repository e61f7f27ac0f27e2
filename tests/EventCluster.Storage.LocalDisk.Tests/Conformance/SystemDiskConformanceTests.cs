using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.LocalDisk.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Storage.LocalDisk.Tests.Conformance;

public sealed class SystemDiskConformanceTests : LogStoreConformance
{
    private readonly TemporaryDirectory _directory = new();

    protected override async ValueTask<ILogStore> OpenStoreAsync(int maxStreams) => await LocalDiskLogStore.OpenAsync(
        new LocalDiskOptions { Path = _directory.Path, MaxStreams = maxStreams },
        new SystemDisk(),
        TimeProvider.System,
        NullLogger<LocalDiskLogStore>.Instance,
        Cancellation);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}
