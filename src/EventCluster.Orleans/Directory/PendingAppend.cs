using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Directory;

/// <summary>An append on its way to the owner; completes with its outcome.</summary>
/// <param name="request">As the caller gave it.</param>
/// <param name="bytes">Payload bytes.</param>
/// <param name="addedAt">When it came, a timestamp.</param>
internal sealed class PendingAppend(AppendRequest request, long bytes, long addedAt)
    : TaskCompletionSource<AppendOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>As the caller gave it.</summary>
    public AppendRequest Request => request;

    /// <summary>Payload bytes.</summary>
    public long Bytes => bytes;

    /// <summary>When it came: its answer is due <see cref="OrleansStreamDirectoryOptions.RetryFor"/> later.</summary>
    public long AddedAt => addedAt;

    /// <summary>The caller gave no producer identity, so the edge gives one.</summary>
    public bool IsAnonymous => request.Producer is null && request.Events.Count > 0;

    /// <summary>The edge's identity of this append. An unsure one keeps it, whatever happens to its neighbours (CORRECTNESS rule 23).</summary>
    public ProducerStamp? Stamp { get; set; }

    /// <summary>A close without events. What stays of it is no identity in another stream of the name, so a repeat names the incarnation that it means.</summary>
    public bool IsMereClose => request.Events.Count == 0;

    /// <summary>The incarnation that a repeat means; null while none is known.</summary>
    public long? Incarnation { get; set; }

    /// <summary>The highest incarnation known when the first attempt was sent; null before.</summary>
    public long? HighestIncarnation { get; set; }

    /// <summary>The stream remembers as many producers as it may: this append goes without identity and is not repeated.</summary>
    public bool GoesBare { get; set; }

    /// <summary>Goes with an identity that the edge gives.</summary>
    public bool IsStamped => IsAnonymous && !GoesBare;

    /// <summary>Where an append begins that landed without an answer; null while that is not known.</summary>
    public StreamOffset? Place { get; set; }

    /// <summary>An attempt ended without an answer: it may have happened.</summary>
    public bool IsUnsure { get; set; }
}
