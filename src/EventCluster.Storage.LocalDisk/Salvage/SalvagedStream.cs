using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>A stream as the new store gets it.</summary>
/// <param name="Found">As it was found.</param>
/// <param name="Head">What it serves.</param>
/// <param name="Histories">Its histories, with the one that begins at its recovered tail.</param>
/// <param name="State">Its state.</param>
/// <param name="Producers">Its producers, and the reservations beside them.</param>
internal sealed record SalvagedStream(
    StreamEntry Found, StreamHead Head, IncarnationList Histories, ReadOnlyMemory<byte> State, IReadOnlyList<ProducerEntry> Producers);
