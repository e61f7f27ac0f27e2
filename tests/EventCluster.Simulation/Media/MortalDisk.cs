using EventCluster.Storage.LocalDisk;

namespace EventCluster.Simulation.Media;

/// <summary>One node's access to a disk that outlives it: after <see cref="Kill"/> nothing of that node gets there any more.</summary>
internal sealed class MortalDisk(IDisk inner) : IDisk
{
    private bool _isDead;

    public void Kill() => _isDead = true;

    public ValueTask CreateDirectoryAsync(string path) => Alive().CreateDirectoryAsync(path);

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => Alive().ListAsync(directory);

    public ValueTask<IDiskFile> CreateAsync(string path) => Alive().CreateAsync(path);

    public ValueTask<IDiskFile> OpenAsync(string path, bool writable) => Alive().OpenAsync(path, writable);

    public ValueTask RenameAsync(string from, string to) => Alive().RenameAsync(from, to);

    public ValueTask DeleteAsync(string path) => Alive().DeleteAsync(path);

    public ValueTask FlushDirectoryAsync(string path) => Alive().FlushDirectoryAsync(path);

    public ValueTask<IAsyncDisposable?> TryLockAsync(string path) => Alive().TryLockAsync(path);

    private IDisk Alive() => _isDead ? throw new IOException("The node is dead.") : inner;
}
