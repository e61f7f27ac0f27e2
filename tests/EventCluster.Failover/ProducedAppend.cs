namespace EventCluster.Failover;

/// <summary>An append of an idempotent producer.</summary>
/// <param name="Stream">To which stream.</param>
/// <param name="Producer">By whom; epoch 0.</param>
/// <param name="Number">Its sequence number.</param>
/// <param name="Payloads">JSON values.</param>
internal sealed record ProducedAppend(string Stream, string Producer, long Number, IReadOnlyList<string> Payloads);
