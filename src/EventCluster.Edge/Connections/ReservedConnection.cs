namespace EventCluster.Edge.Connections;

/// <summary>The feature of a connection beyond the limit: it serves administration and probes of this machine, and nothing else.</summary>
internal sealed class ReservedConnection;
