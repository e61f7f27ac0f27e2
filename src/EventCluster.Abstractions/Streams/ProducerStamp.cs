namespace EventCluster.Abstractions.Streams;

/// <summary>Identity of one append of an idempotent producer.</summary>
/// <param name="Id">1 to 256 bytes of UTF-8.</param>
/// <param name="Epoch">0 to 2^53 − 1.</param>
/// <param name="Sequence">0 to 2^53 − 1.</param>
public sealed record ProducerStamp(string Id, long Epoch, long Sequence);
