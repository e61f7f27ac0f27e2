namespace EventCluster.TestKit.History;

/// <summary>A broken promise.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Detail">Stream, positions and payloads.</param>
public sealed record HistoryFault(HistoryFaultKind Kind, string Detail);
