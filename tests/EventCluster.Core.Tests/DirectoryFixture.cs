using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.InMemory;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Core.Tests;

/// <summary>A directory over a faulty in-memory store with a virtual clock.</summary>
internal sealed class DirectoryFixture : IAsyncDisposable
{
    private readonly InMemoryLogStore _memory;
    private readonly LocalStreamDirectoryOptions _options;
    private readonly List<LocalStreamDirectory> _directories = [];

    public DirectoryFixture(LocalStreamDirectoryOptions? options = null, InMemoryLogStoreOptions? store = null, int seed = 1)
    {
        _options = options ?? new LocalStreamDirectoryOptions();
        _memory = new InMemoryLogStore(store ?? new InMemoryLogStoreOptions());
        Store = new FaultyLogStore(_memory, new Random(seed));
        Directory = OpenAnother(seed);
    }

    public VirtualTimeProvider Clock { get; } = new();

    public FaultyLogStore Store { get; }

    /// <summary>The store without faults, to look at what is really there.</summary>
    public ILogStore Truth => _memory;

    public LocalStreamDirectory Directory { get; private set; }

    public IStreamHandle At(string name) => Directory.GetStream(TestData.Name(name));

    /// <summary>A second owner over the same store, as a node that believes the first one dead.</summary>
    public LocalStreamDirectory OpenAnother(int seed)
    {
        var directory = new LocalStreamDirectory(
            Store, _options, Clock, new Random(seed), NullLogger<LocalStreamDirectory>.Instance);
        _directories.Add(directory);
        return directory;
    }

    /// <summary>Forgets everything in memory, as a crash does, and opens a directory over what is stored.</summary>
    public void Crash(int seed) => Directory = OpenAnother(seed);

    public async ValueTask DisposeAsync()
    {
        Store.LetGo();
        foreach (var directory in _directories)
        {
            await directory.DisposeAsync();
        }

        await _memory.DisposeAsync();
    }
}
