namespace EventCluster.Hosting.Node;

/// <summary>What one start is about; unlike an option it is not meant to be repeated at the next one.</summary>
/// <param name="Restored">The data come from a backup: open new histories, and in a shared store draw a new identity.</param>
public sealed record NodeStart(bool Restored);
