using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>A whole group of records found by the scan.</summary>
/// <param name="Segment">Its segment.</param>
/// <param name="Offset">Where its header begins.</param>
/// <param name="BodyBytes">Bytes of its records.</param>
internal readonly record struct GroupExtent(uint Segment, int Offset, int BodyBytes)
{
    public JournalPosition Position => new(Segment, (uint)Offset);

    public int TotalBytes => GroupHeader.Bytes + BodyBytes;
}
