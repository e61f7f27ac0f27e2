using EventCluster.Abstractions.Store;
using EventCluster.Core.InMemory;

namespace EventCluster.Simulation.Media;

/// <summary>The in-memory store, which outlives every node here.</summary>
internal sealed class MemoryMedium : IMedium
{
    private readonly InMemoryLogStore _store = new(new InMemoryLogStoreOptions());
    private MortalLogStore? _connection;

    public IEnumerable<KeyValuePair<string, int>> FaultCounts => [];

    public Task<ILogStore> OpenAsync()
    {
        _connection = new MortalLogStore(_store);
        return Task.FromResult<ILogStore>(_connection);
    }

    public void Crash(bool power) => _connection?.Kill();

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        await _store.DisposeAsync();
    }

    public void SetFaults(bool on)
    {
    }

    public void SetFull(bool full)
    {
    }
}
