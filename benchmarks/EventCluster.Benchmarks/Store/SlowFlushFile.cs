using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Benchmarks.Store;

/// <summary>A file of a <see cref="SlowFlushDisk"/>.</summary>
internal sealed class SlowFlushFile(IDiskFile inner, TimeSpan flush) : IDiskFile
{
    /// <inheritdoc />
    public long Length => inner.Length;

    /// <inheritdoc />
    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset) => inner.ReadAsync(buffer, offset);

    /// <inheritdoc />
    public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset) => inner.WriteAsync(buffers, offset);

    /// <inheritdoc />
    public async ValueTask FlushAsync()
    {
        await inner.FlushAsync();
        await Task.Delay(flush, TimeProvider.System);
    }

    /// <inheritdoc />
    public ValueTask PreallocateAsync(long length) => inner.PreallocateAsync(length);

    /// <inheritdoc />
    public ValueTask TruncateAsync(long length) => inner.TruncateAsync(length);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => inner.DisposeAsync();
}
