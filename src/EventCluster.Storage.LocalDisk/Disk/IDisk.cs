namespace EventCluster.Storage.LocalDisk.Disk;

/// <summary>
/// The port to the medium. Paths are full paths with <c>/</c> between the parts. Nothing is durable before it is
/// flushed: file contents and lengths by <see cref="IDiskFile.FlushAsync"/>, names by <see cref="FlushDirectoryAsync"/>.
/// </summary>
/// <remarks>
/// Every operation reports a medium without room as <see cref="DiskFullException"/>, a shortage that passes by
/// itself, before anything was flushed, as <see cref="DiskShortageException"/>, and every other fault as an
/// <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>. The production disk completes synchronously
/// on the calling thread; a simulated one may take its (virtual) time.
/// </remarks>
public interface IDisk
{
    /// <summary>Makes a directory and its parents; nothing happens if it exists.</summary>
    ValueTask CreateDirectoryAsync(string path);

    /// <summary>Names (not paths) of the files in a directory, ordinal order; empty if there is no such directory.</summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string directory);

    /// <summary>Makes a new, empty file, or empties the one that is there, and opens it for reading and writing.</summary>
    ValueTask<IDiskFile> CreateAsync(string path);

    /// <summary>Opens an existing file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    ValueTask<IDiskFile> OpenAsync(string path, bool writable);

    /// <summary>Renames a file in one step, replacing the target.</summary>
    ValueTask RenameAsync(string from, string to);

    /// <summary>Unlinks a file; nothing happens if there is none. Open handles stay readable.</summary>
    ValueTask DeleteAsync(string path);

    /// <summary>Makes the names in a directory durable.</summary>
    ValueTask FlushDirectoryAsync(string path);

    /// <summary>Takes the exclusive lock that a file stands for, or answers null when another owner holds it.</summary>
    ValueTask<IAsyncDisposable?> TryLockAsync(string path);
}
