namespace EventCluster.EndToEnd.Tests.Http;

/// <summary>A dispatched event.</summary>
/// <param name="Type"><c>message</c> unless named.</param>
/// <param name="Id">The last event id at that moment.</param>
/// <param name="Data">The data lines.</param>
public sealed record SseEvent(string Type, string? Id, string Data);
