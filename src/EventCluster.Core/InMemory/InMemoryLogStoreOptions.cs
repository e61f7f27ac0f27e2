using EventCluster.Protocol;

namespace EventCluster.Core.InMemory;

/// <summary>Limits of an <see cref="InMemoryLogStore"/>.</summary>
public sealed class InMemoryLogStoreOptions
{
    /// <summary>Most streams, soft-deleted ones included.</summary>
    public int MaxStreams { get; set; } = ProtocolLimits.MaxStreams;

    /// <summary>Whether more than one node may use the store; false on a server that has it for itself. Default true.</summary>
    public bool IsShared { get; set; } = true;

    /// <summary>Most bytes of block and state in one commit.</summary>
    public int MaxCommitBytes { get; set; } = ProtocolLimits.MaxBlockBytes + (1024 * 1024);

    /// <summary>Most producer entries, updates and removals, in one commit.</summary>
    public int MaxCommitProducers { get; set; } = ProtocolLimits.MaxProducersPerStream;

    /// <summary>
    /// Most names without a stream whose fence is remembered one by one. Older ones are forgotten together: creating
    /// under a forgotten fence is a conflict, so forgetting costs a new open and never an order.
    /// </summary>
    public int MaxRememberedFences { get; set; } = 100_000;
}
