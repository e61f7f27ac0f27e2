namespace EventCluster.TestKit.Subscribers;

/// <summary>What stands between two empty lines of an event stream.</summary>
/// <param name="Type"><c>message</c> unless named.</param>
/// <param name="Id">The id of this frame; null when it has none.</param>
/// <param name="Data">The data lines; null when there are none, so that nothing is dispatched.</param>
/// <param name="Retry">The delay that it names.</param>
public sealed record EventStreamFrame(string Type, string? Id, string? Data, int? Retry);
