using Microsoft.Win32.SafeHandles;

namespace EventCluster.Storage.LocalDisk.Disk;

/// <summary>
/// The machine's file system. Linux: <c>pwritev</c>, <c>fdatasync</c>, <c>fallocate</c>; macOS flushes with
/// <c>F_FULLFSYNC</c> and Windows with <c>FlushFileBuffers</c> (both in place, not tested).
/// </summary>
public sealed class SystemDisk : IDisk
{
    /// <inheritdoc />
    public ValueTask CreateDirectoryAsync(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return ValueTask.CompletedTask;
        }
        catch (IOException e)
        {
            // The message of .NET alone ("The file … already exists.") does not say what it was wanted for.
            throw new DataDirectoryUnusableException($"Folder '{path}' cannot be created: {e.Message}");
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<string>> ListAsync(string directory)
    {
        if (!Directory.Exists(directory))
        {
            return new([]);
        }

        var names = Directory.GetFiles(directory).Select(path => Path.GetFileName(path)).ToArray();
        Array.Sort(names, StringComparer.Ordinal);
        return new(names);
    }

    /// <inheritdoc />
    public ValueTask<IDiskFile> CreateAsync(string path) =>
        new(SystemDiskFile.Open(path, FileMode.Create, FileAccess.ReadWrite));

    /// <inheritdoc />
    public ValueTask<IDiskFile> OpenAsync(string path, bool writable) =>
        new(SystemDiskFile.Open(path, FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read));

    /// <inheritdoc />
    public ValueTask RenameAsync(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask DeleteAsync(string path)
    {
        File.Delete(path);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask FlushDirectoryAsync(string path)
    {
        // Windows has no such call: NTFS journals its directory changes itself.
        if (!OperatingSystem.IsWindows())
        {
            NativeDisk.FlushDirectory(path);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<IAsyncDisposable?> TryLockAsync(string path)
    {
        SafeFileHandle handle;
        try
        {
            // FileShare.None is an advisory flock on Unix, released by the kernel however the process ends.
            handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (NativeDisk.MeansHeld(e))
        {
            return new((IAsyncDisposable?)null);
        }

        return new(new HeldLock(handle));
    }

    private sealed class HeldLock(SafeFileHandle handle) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            handle.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
