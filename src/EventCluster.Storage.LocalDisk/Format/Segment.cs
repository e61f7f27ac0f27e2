using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>One open journal file.</summary>
internal sealed class Segment(uint id, uint seed, IDiskFile file, string path)
{
    public uint Id { get; } = id;

    /// <summary>Seed of every checksum in it.</summary>
    public uint Seed { get; } = seed;

    public IDiskFile File { get; } = file;

    public string Path { get; } = path;

    /// <summary>Room in bytes.</summary>
    public long Capacity { get; private set; } = file.Length;

    /// <summary>Where the next byte goes; 0 while it is a spare without a header.</summary>
    public uint End { get; set; }

    /// <summary>Users that read it now, and one for being part of the journal.</summary>
    public int References { get; set; } = 1;

    /// <summary>No further byte goes here.</summary>
    public void EndEarly(uint end) => (End, Capacity) = (end, end);

    public JournalPosition EndPosition => new(Id, End);
}
