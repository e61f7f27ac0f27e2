using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>
/// How far the journal is flushed: one thread writes it after each flush without a lock, others read position and group
/// of the same moment. An odd count says that a write is under way.
/// </summary>
internal sealed class FlushedEnd(JournalPosition position, long group)
{
    private long _count;
    private ulong _position = position.Packed;
    private long _group = group;

    public void Set(JournalPosition position, long group)
    {
        Volatile.Write(ref _count, _count + 1);
        Volatile.Write(ref _position, position.Packed);
        Volatile.Write(ref _group, group);
        Volatile.Write(ref _count, _count + 1);
    }

    public (JournalPosition Position, long Group) Get()
    {
        while (true)
        {
            var before = Volatile.Read(ref _count);
            var (position, group) = (Volatile.Read(ref _position), Volatile.Read(ref _group));
            if (before % 2 == 0 && Volatile.Read(ref _count) == before)
            {
                return (JournalPosition.FromPacked(position), group);
            }
        }
    }
}
