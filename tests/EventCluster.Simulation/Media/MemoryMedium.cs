using EventCluster.Abstractions.Store;
using EventCluster.Core.InMemory;
using EventCluster.TestKit;

namespace EventCluster.Simulation.Media;

/// <summary>The in-memory store, which outlives every node here, behind commits and opens that fail on purpose.</summary>
internal sealed class MemoryMedium(int seed) : IMedium
{
    private static readonly CommitFault[] Faults =
        [CommitFault.FailBefore, CommitFault.FailAfter, CommitFault.Conflict, CommitFault.Full];

    private readonly FaultyLogStore _store = new(new InMemoryLogStore(new InMemoryLogStoreOptions()), new Random(seed));
    private MortalLogStore? _connection;

    public IEnumerable<KeyValuePair<string, int>> FaultCounts =>
        _store.Counts.Where(c => c.Key != CommitFault.None).OrderBy(c => c.Key).Select(c => KeyValuePair.Create($"commits {c.Key}", c.Value));

    public Task<ILogStore> OpenAsync()
    {
        _connection = new MortalLogStore(_store);
        return Task.FromResult<ILogStore>(_connection);
    }

    public void Crash(bool power) => _connection?.Kill();

    public void SetFaults(bool on)
    {
        _store.OpenFailureProbability = on ? 0.01 : 0;
        foreach (var fault in Faults)
        {
            _store.Probabilities[fault] = on ? 0.01 : 0;
        }
    }

    public void SetFull(bool full) => _store.Probabilities[CommitFault.Full] = full ? 0.5 : 0;

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        await _store.DisposeAsync();
    }
}
