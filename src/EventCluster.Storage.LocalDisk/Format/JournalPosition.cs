namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>A place in the journal. Segments are numbered in the order of their use, so places compare.</summary>
/// <param name="Segment">Number of the segment, from 1.</param>
/// <param name="Offset">Byte inside its file.</param>
internal readonly record struct JournalPosition(uint Segment, uint Offset) : IComparable<JournalPosition>
{
    public static readonly JournalPosition None;

    public ulong Packed => ((ulong)Segment << 32) | Offset;

    public static JournalPosition FromPacked(ulong packed) => new((uint)(packed >> 32), (uint)packed);

    public int CompareTo(JournalPosition other) => Packed.CompareTo(other.Packed);

    public override string ToString() => $"{Segment}:{Offset}";

    public static bool operator <(JournalPosition left, JournalPosition right) => left.Packed < right.Packed;

    public static bool operator >(JournalPosition left, JournalPosition right) => left.Packed > right.Packed;

    public static bool operator <=(JournalPosition left, JournalPosition right) => left.Packed <= right.Packed;

    public static bool operator >=(JournalPosition left, JournalPosition right) => left.Packed >= right.Packed;
}
