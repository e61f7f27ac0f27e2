using Microsoft.Win32.SafeHandles;

namespace EventCluster.Storage.LocalDisk.Disk;

/// <summary>A file of the machine's file system.</summary>
internal sealed class SystemDiskFile : IDiskFile
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;

    private SystemDiskFile(SafeFileHandle handle, string path) => (_handle, _path) = (handle, path);

    public long Length => RandomAccess.GetLength(_handle);

    public static SystemDiskFile Open(string path, FileMode mode, FileAccess access)
    {
        try
        {
            // No locking per file: the directory's lock file keeps other processes out, and readers unlink under us.
            const FileShare Share = FileShare.ReadWrite | FileShare.Delete;
            return new SystemDiskFile(File.OpenHandle(path, mode, access, Share), path);
        }
        catch (IOException e) when (NativeDisk.MeansFull(e))
        {
            throw NativeDisk.Full(path);
        }
        catch (IOException e) when (NativeDisk.MeansShort(e) && !NativeDisk.MeansHeld(e))
        {
            throw NativeDisk.Short("open", path, e);
        }
    }

    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset)
    {
        var total = 0;
        while (total < buffer.Length)
        {
            var read = RandomAccess.Read(_handle, buffer.Span[total..], offset + total);
            if (read == 0)
            {
                break;
            }

            total += read;
        }

        return new(total);
    }

    public ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, long offset)
    {
        try
        {
            if (buffers.Count == 1)
            {
                RandomAccess.Write(_handle, buffers[0].Span, offset);
            }
            else
            {
                RandomAccess.Write(_handle, buffers, offset);
            }
        }
        catch (IOException e) when (NativeDisk.MeansFull(e))
        {
            throw NativeDisk.Full(_path);
        }
        catch (IOException e) when (NativeDisk.MeansShort(e))
        {
            throw NativeDisk.Short("write", _path, e);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask FlushAsync()
    {
        if (OperatingSystem.IsLinux())
        {
            NativeDisk.FlushData(_handle, _path);
        }
        else
        {
            // F_FULLFSYNC on macOS, FlushFileBuffers on Windows.
            RandomAccess.FlushToDisk(_handle);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask PreallocateAsync(long length)
    {
        if (length <= Length)
        {
            return ValueTask.CompletedTask;
        }

        if (!OperatingSystem.IsLinux() || !NativeDisk.TryAllocate(_handle, _path, length))
        {
            SetLength(length);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask TruncateAsync(long length)
    {
        SetLength(length);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _handle.Dispose();
        return ValueTask.CompletedTask;
    }

    private void SetLength(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
        }
        catch (IOException e) when (NativeDisk.MeansFull(e))
        {
            throw NativeDisk.Full(_path);
        }
    }
}
