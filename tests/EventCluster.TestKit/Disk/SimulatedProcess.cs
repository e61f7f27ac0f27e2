using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.TestKit.Disk;

/// <summary>A process's way to a <see cref="SimulatedDisk"/>. A dead process changes nothing any more.</summary>
internal sealed class SimulatedProcess(SimulatedDisk disk, int epoch) : IDisk
{
    public ValueTask CreateDirectoryAsync(string path) => Alive.CreateDirectoryAsync(path);

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => Alive.ListAsync(directory);

    public ValueTask<IDiskFile> CreateAsync(string path) => Alive.CreateAsync(path);

    public ValueTask<IDiskFile> OpenAsync(string path, bool writable) => Alive.OpenAsync(path, writable);

    public ValueTask RenameAsync(string from, string to) => Alive.RenameAsync(from, to);

    public ValueTask DeleteAsync(string path) => Alive.DeleteAsync(path);

    public ValueTask FlushDirectoryAsync(string path) => Alive.FlushDirectoryAsync(path);

    public ValueTask<IAsyncDisposable?> TryLockAsync(string path) => Alive.TryLockAsync(path);

    private SimulatedDisk Alive => disk.Epoch == epoch
        ? disk
        : throw new IOException("The process that makes this call was killed.");
}
