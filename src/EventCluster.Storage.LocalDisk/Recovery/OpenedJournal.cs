using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>A recovered store, ready for its writer.</summary>
/// <param name="Lock">Keeps other processes out.</param>
/// <param name="Format">The directory's format file.</param>
/// <param name="Index">Everything known.</param>
/// <param name="Start">Where the writer begins.</param>
/// <param name="Ends">The record of the journal's end, which names the start.</param>
/// <param name="Checkpoints">The checkpoints that are there.</param>
/// <param name="BytesSinceCheckpoint">Journal bytes that were replayed.</param>
/// <param name="LostAcks">The last stop was not clean, and the store did not flush before acknowledging.</param>
internal sealed record OpenedJournal(
    IAsyncDisposable Lock,
    FormatFile Format,
    StreamIndex Index,
    JournalStart Start,
    EndFile Ends,
    KnownCheckpoints Checkpoints,
    long BytesSinceCheckpoint,
    bool LostAcks);
