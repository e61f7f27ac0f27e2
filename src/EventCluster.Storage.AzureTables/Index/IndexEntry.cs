using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Entities;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables.Index;

/// <summary>An entry of an index.</summary>
/// <param name="Name">The stream it names.</param>
/// <param name="Stamp">The attempt it was written for.</param>
/// <param name="Partition">Its key in the index table.</param>
/// <param name="Row">Its key in the index table.</param>
internal readonly record struct IndexEntry(StreamName Name, Stamp Stamp, string Partition, string Row)
{
    /// <summary>Compares with the head as it is now.</summary>
    /// <param name="record">The head; null when the name is not known any more, and then no commit of it can land.</param>
    /// <param name="current">The stamp that the head has for this index.</param>
    public EntryState Judge(StreamRecord? record, Stamp current) => record switch
    {
        { Exists: true } when current == Stamp => EntryState.Live,
        { } when record.Fence == Stamp.Fence && record.Step < Stamp.Step => EntryState.Pending,
        { } when record.Fence < Stamp.Fence => EntryState.Pending,
        _ => EntryState.Dead,
    };
}
