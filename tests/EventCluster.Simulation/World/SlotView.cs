using EventCluster.Protocol;

namespace EventCluster.Simulation.World;

/// <summary>What was certain about a stream when a request began.</summary>
internal readonly record struct SlotView(string Life, StreamOffset Earliest, StreamOffset Tail, bool IsClosed);
