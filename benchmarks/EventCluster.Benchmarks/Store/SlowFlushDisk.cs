using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Benchmarks.Store;

/// <summary>A disk whose flushes take at least a given time, as on real flash: the machines' virtual disks need 0.06 ms.</summary>
public sealed class SlowFlushDisk(IDisk inner, TimeSpan flush) : IDisk
{
    /// <inheritdoc />
    public ValueTask CreateDirectoryAsync(string path) => inner.CreateDirectoryAsync(path);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => inner.ListAsync(directory);

    /// <inheritdoc />
    public async ValueTask<IDiskFile> CreateAsync(string path) => new SlowFlushFile(await inner.CreateAsync(path), flush);

    /// <inheritdoc />
    public async ValueTask<IDiskFile> OpenAsync(string path, bool writable) =>
        new SlowFlushFile(await inner.OpenAsync(path, writable), flush);

    /// <inheritdoc />
    public ValueTask RenameAsync(string from, string to) => inner.RenameAsync(from, to);

    /// <inheritdoc />
    public ValueTask DeleteAsync(string path) => inner.DeleteAsync(path);

    /// <inheritdoc />
    public ValueTask FlushDirectoryAsync(string path) => inner.FlushDirectoryAsync(path);

    /// <inheritdoc />
    public ValueTask<IAsyncDisposable?> TryLockAsync(string path) => inner.TryLockAsync(path);
}
