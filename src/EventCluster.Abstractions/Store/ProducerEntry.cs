namespace EventCluster.Abstractions.Store;

/// <summary>
/// What a stream remembers of an idempotent producer. Stream owners keep small records of their own in the same way, under
/// identities that begin with <see cref="Streams.ProducerStamp.ReservedPrefix"/>; a store does not tell them apart.
/// </summary>
/// <param name="Id">The producer's identity, at most 256 bytes of UTF-8.</param>
/// <param name="Epoch">Its newest epoch.</param>
/// <param name="Sequence">Its highest accepted sequence in that epoch.</param>
/// <param name="LastUsedMilliseconds">When it last appended, Unix milliseconds.</param>
public sealed record ProducerEntry(string Id, long Epoch, long Sequence, long LastUsedMilliseconds);
