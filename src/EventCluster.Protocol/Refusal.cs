namespace EventCluster.Protocol;

/// <summary>Why something is refused, in the same words whichever way it came in.</summary>
/// <param name="Code">The stable code.</param>
/// <param name="Detail">What was wrong, what was sent and what is allowed.</param>
public sealed record Refusal(ErrorCode Code, string Detail);
