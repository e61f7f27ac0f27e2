using EventCluster.Protocol;

namespace EventCluster.Storage.AzureTables.Maintenance;

/// <summary>
/// When each stream with purged blocks is to be swept, as far as this node noted it: a purge soon after another needs no
/// note of its own. Forgetting only costs one more.
/// </summary>
internal sealed class SweepNotes(TimeSpan delay)
{
    private const int MaxNotes = 50_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<StreamName, long> _notes = [];

    /// <summary>
    /// True when the sweep must be noted for a time. A note that comes due soon is not counted on: another node's clock may be
    /// ahead, and this node's purge may take a while to land.
    /// </summary>
    public bool IsNewNoteNeeded(StreamName name, long now, out long at)
    {
        at = now + (long)delay.TotalMilliseconds;
        lock (_gate)
        {
            return !_notes.TryGetValue(name, out var noted) || noted - now <= delay.TotalMilliseconds / 2;
        }
    }

    /// <summary>A note was written.</summary>
    public void Noted(StreamName name, long at)
    {
        lock (_gate)
        {
            if (_notes.Count >= MaxNotes)
            {
                _notes.Clear();
            }

            _notes[name] = at;
        }
    }
}
