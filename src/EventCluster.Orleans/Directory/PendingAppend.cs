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

    /// <summary>The caller gave no producer identity, so the edge gives one; a mere close needs none to be repeated.</summary>
    public bool IsAnonymous => request.Producer is null && request.Events.Count > 0;

    /// <summary>The stream remembers as many producers as it may: this append goes without identity and is not repeated.</summary>
    public bool GoesBare { get; set; }

    /// <summary>An attempt ended without an answer: it may have happened.</summary>
    public bool IsUnsure { get; set; }
}
