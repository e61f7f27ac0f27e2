using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>
/// The segments of the journal. A reader takes a reference, so that a segment which compaction drops meanwhile stays
/// readable; its file is unlinked when the last reference goes.
/// </summary>
internal sealed class SegmentSet(IDisk disk, string directory, UInt128 storeId)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<uint, Segment> _segments = [];

    public IReadOnlyList<Segment> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _segments.Values];
            }
        }
    }

    public string PathOf(uint id) => $"{directory}/{DataFormat.SegmentFile(id)}";

    /// <summary>Opens a file that is there.</summary>
    public async ValueTask<Segment> OpenAsync(uint id, bool writable)
    {
        var file = await disk.OpenAsync(PathOf(id), writable);
        return new Segment(id, Checksum.SegmentSeed(storeId, id), file, PathOf(id));
    }

    /// <summary>Makes a preallocated segment of zeros behind its mark, whose name and length are durable.</summary>
    /// <exception cref="DiskFullException">No room; nothing is left behind.</exception>
    /// <exception cref="DiskShortageException">The system is short of something; nothing is left behind.</exception>
    public async ValueTask<Segment> CreateAsync(uint id, long bytes)
    {
        var file = await disk.CreateAsync(PathOf(id));
        try
        {
            await file.PreallocateAsync(bytes);
            await file.WriteAsync([SpareMark.Make(storeId, id)], 0);
            await file.FlushAsync();
            await disk.FlushDirectoryAsync(directory);
        }
        catch (Exception e) when (e is DiskFullException or DiskShortageException)
        {
            await file.DisposeAsync();
            await disk.DeleteAsync(PathOf(id));
            throw;
        }

        return new Segment(id, Checksum.SegmentSeed(storeId, id), file, PathOf(id));
    }

    public void Add(Segment segment)
    {
        lock (_gate)
        {
            _segments.Add(segment.Id, segment);
        }
    }

    /// <summary>Forgets a segment that no reader has met; its file stays open.</summary>
    public void Leave(Segment segment)
    {
        lock (_gate)
        {
            _segments.Remove(segment.Id);
        }
    }

    /// <summary>A segment of the journal, kept until <see cref="ReleaseAsync"/>.</summary>
    public Segment Acquire(uint id)
    {
        lock (_gate)
        {
            var segment = _segments[id];
            segment.References++;
            return segment;
        }
    }

    public async ValueTask ReleaseAsync(Segment segment)
    {
        bool last;
        lock (_gate)
        {
            last = --segment.References == 0;
        }

        if (last)
        {
            await segment.File.DisposeAsync();
            await disk.DeleteAsync(segment.Path);
        }
    }

    /// <summary>
    /// Takes a segment out of the journal; its file goes with the last reader. Only after no end record lists it any more.
    /// </summary>
    public ValueTask DropAsync(Segment segment)
    {
        lock (_gate)
        {
            _segments.Remove(segment.Id);
        }

        return ReleaseAsync(segment);
    }

    public async ValueTask CloseAsync()
    {
        foreach (var segment in All)
        {
            await segment.File.DisposeAsync();
        }
    }
}
