using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>Segments made ahead: the last one is the reserve for a full disk.</summary>
internal sealed class SpareSegments(SegmentSet segments, uint nextId, int bytes)
{
    private readonly Queue<Segment> _spares = new();
    private uint _nextId = nextId;

    public int Count => _spares.Count;

    /// <summary>Makes spares until there are this many; false when the disk has no room for them.</summary>
    public async ValueTask<bool> TryHaveAsync(int count)
    {
        try
        {
            while (_spares.Count < count)
            {
                _spares.Enqueue(await segments.CreateAsync(_nextId, bytes));
                _nextId++;
            }

            return true;
        }
        catch (DiskFullException)
        {
            return false;
        }
    }

    public Segment Take() => _spares.Dequeue();
}
