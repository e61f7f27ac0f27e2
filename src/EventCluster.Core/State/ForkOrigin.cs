using EventCluster.Protocol;

namespace EventCluster.Core.State;

/// <summary>How a stream was forked, as requested and as resolved.</summary>
/// <param name="Source">The stream named by the request.</param>
/// <param name="RequestedOffset">The fork point as sent; null when omitted or given as the start.</param>
/// <param name="FromStart">The fork point was given as the start.</param>
/// <param name="SubOffset">As sent; 0 for none.</param>
/// <param name="Incarnation">The fork's own history; with the fork's name the key of its hold on the source.</param>
/// <param name="Point">Sequence of the fork point: earlier events are inherited, later ones are the fork's own.</param>
/// <param name="HoldsSource">The fork still has its hold on the source.</param>
internal sealed record ForkOrigin(
    StreamName Source,
    StreamOffset? RequestedOffset,
    bool FromStart,
    long SubOffset,
    long Incarnation,
    long Point,
    bool HoldsSource);
