using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Faults.Images;

/// <summary>A disk in memory that begins as a copy of an image and never fails; making one costs next to nothing.</summary>
internal sealed class ImageDisk : IDisk
{
    private readonly SortedDictionary<string, ImageFile> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _locks = new(StringComparer.Ordinal);

    public ImageDisk()
    {
    }

    public ImageDisk(IEnumerable<KeyValuePair<string, byte[]>> files)
    {
        foreach (var (name, bytes) in files)
        {
            _files.Add(name, new ImageFile(bytes, isShared: true));
        }
    }

    /// <summary>Bytes of all files without the zeros at their ends.</summary>
    public long WrittenBytes => _files.Values.Sum(file => (long)file.Written);

    /// <summary>All files by name, as a process that is killed now leaves them.</summary>
    public SortedDictionary<string, byte[]> Copy() =>
        new(_files.ToDictionary(file => file.Key, file => file.Value.ToArray()), StringComparer.Ordinal);

    /// <summary>The file is there under its name, and nobody has written to it.</summary>
    public bool HasUntouched(string name) => _files.TryGetValue(name, out var file) && file.IsUntouched;

    public ValueTask CreateDirectoryAsync(string path) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyList<string>> ListAsync(string directory) => new([.. _files.Keys]);

    public ValueTask<IDiskFile> CreateAsync(string path) => new(_files[Name(path)] = new ImageFile([], isShared: false));

    public ValueTask<IDiskFile> OpenAsync(string path, bool writable) => new(Find(path));

    public ValueTask RenameAsync(string from, string to)
    {
        var file = Find(from);
        _files.Remove(Name(from));
        _files[Name(to)] = file;
        return ValueTask.CompletedTask;
    }

    public ValueTask DeleteAsync(string path)
    {
        _files.Remove(Name(path));
        return ValueTask.CompletedTask;
    }

    public ValueTask FlushDirectoryAsync(string path) => ValueTask.CompletedTask;

    public ValueTask<IAsyncDisposable?> TryLockAsync(string path) =>
        new(_locks.Add(path) ? new ImageLock(_locks, path) : null);

    private static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    private ImageFile Find(string path) =>
        _files.TryGetValue(Name(path), out var file) ? file : throw new FileNotFoundException("No such file.", path);

    private sealed class ImageLock(HashSet<string> locks, string path) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            locks.Remove(path);
            return ValueTask.CompletedTask;
        }
    }
}
