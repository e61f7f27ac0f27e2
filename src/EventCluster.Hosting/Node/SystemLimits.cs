using EventCluster.Edge.Connections;

namespace EventCluster.Hosting.Node;

/// <summary>What the system gives this process, read once at the start; null where it sets no limit.</summary>
/// <param name="Descriptors">Open files and sockets.</param>
/// <param name="Threads">Threads.</param>
internal sealed record SystemLimits(DescriptorLimit? Descriptors, ThreadLimit? Threads);
