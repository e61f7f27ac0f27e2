namespace EventCluster.Core.Decisions;

/// <summary>A stored block as retention sees it, clipped to what the stream still serves of it.</summary>
/// <param name="End">Sequence after its last event.</param>
/// <param name="Count">Number of events still served.</param>
/// <param name="OwnBytes">Payload bytes still served; 0 for inherited events, which the ancestor accounts for.</param>
/// <param name="LastTimeMilliseconds">Time of its last event.</param>
internal readonly record struct RetainedBlock(long End, int Count, long OwnBytes, long LastTimeMilliseconds);
