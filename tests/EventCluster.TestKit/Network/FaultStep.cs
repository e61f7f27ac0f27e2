namespace EventCluster.TestKit.Network;

/// <summary>One fault of a connection.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="AfterBytes">When: after so many bytes from the server.</param>
/// <param name="Pause">How long a stall takes.</param>
public sealed record FaultStep(FaultKind Kind, long AfterBytes, TimeSpan Pause = default);
