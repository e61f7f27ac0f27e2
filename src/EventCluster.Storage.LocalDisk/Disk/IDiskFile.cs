namespace EventCluster.Storage.LocalDisk.Disk;

/// <summary>An open file of an <see cref="IDisk"/>. Reads may run at the same time as one writer.</summary>
public interface IDiskFile : IAsyncDisposable
{
    /// <summary>Length in bytes, preallocated room included.</summary>
    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends.</summary>
    /// <returns>Bytes read.</returns>
    ValueTask<int> ReadAsync(Memory<byte> buffer, long offset);

    /// <summary>Writes all buffers one after the other from <paramref name="offset"/> on, as one vectored write.</summary>
    /// <exception cref="DiskFullException">No room; an unknown part may be written, but nothing is flushed.</exception>
    ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset);

    /// <summary>Makes contents and length durable. After an exception nothing is known about any unflushed byte.</summary>
    ValueTask FlushAsync();

    /// <summary>Reserves room so that the file has at least this length; new bytes read as zeros.</summary>
    ValueTask PreallocateAsync(long length);

    /// <summary>Cuts the file; the room is given back.</summary>
    ValueTask TruncateAsync(long length);
}
