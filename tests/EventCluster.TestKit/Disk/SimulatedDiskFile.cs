using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.TestKit.Disk;

/// <summary>An open handle on a file of a <see cref="SimulatedDisk"/>.</summary>
internal sealed class SimulatedDiskFile(SimulatedDisk disk, SimulatedFile file, string path, int epoch, bool writable)
    : IDiskFile
{
    public SimulatedFile File { get; } = file;

    public string Path { get; } = path;

    public int Epoch { get; } = epoch;

    public long Length => File.Length;

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset) => new(disk.Read(this, buffer.Span, offset));

    public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        CheckWritable();
        disk.Write(this, buffers, offset);
        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync() => disk.FlushAsync(this);

    public ValueTask PreallocateAsync(long length)
    {
        CheckWritable();
        disk.SetLength(this, length, allocate: true);
        return ValueTask.CompletedTask;
    }

    public ValueTask TruncateAsync(long length)
    {
        CheckWritable();
        disk.SetLength(this, length, allocate: false);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void CheckWritable()
    {
        if (!writable)
        {
            throw new UnauthorizedAccessException($"'{Path}' is open for reading.");
        }
    }
}
