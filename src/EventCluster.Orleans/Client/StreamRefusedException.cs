using EventCluster.Protocol;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Orleans.Client;

/// <summary>A stream refused what was asked of it; nothing was done unless <see cref="Code"/> is <see cref="ErrorCode.OutcomeUnknown"/>.</summary>
/// <param name="stream">The stream.</param>
/// <param name="refusal">Why, and what is allowed.</param>
public sealed class StreamRefusedException(StreamName stream, Refusal refusal)
    : Exception($"Stream '{stream}': {refusal.Detail} ({refusal.Code})")
{
    /// <summary>The stream.</summary>
    public StreamName Stream => stream;

    /// <summary>The stable code, the same as over HTTP.</summary>
    public ErrorCode Code => refusal.Code;
}
