using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Directory;

/// <summary>An append on its way to the owner; completes with its outcome.</summary>
internal sealed class PendingAppend(AppendRequest request, long bytes)
    : TaskCompletionSource<AppendOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>As the caller gave it.</summary>
    public AppendRequest Request => request;

    /// <summary>Payload bytes.</summary>
    public long Bytes => bytes;

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

    /// <summary>An attempt ended without an answer: it may have happened.</summary>
    public bool IsUnsure { get; set; }
}
