namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>What a salvage copied and what is lost.</summary>
/// <param name="Streams">Streams in the new store.</param>
/// <param name="Events">Events in the new store.</param>
/// <param name="Losses">Everything that could not be copied; empty when all was readable.</param>
public sealed record SalvageReport(int Streams, long Events, IReadOnlyList<SalvageLoss> Losses);
