namespace EventCluster.TestKit.Servers;

/// <summary>Where a server runs that is not on this machine's loopback.</summary>
/// <param name="Enter">The words before its command, which enter its network namespace.</param>
/// <param name="Address">Where the others reach it.</param>
/// <param name="Port">Its port.</param>
public sealed record ServerPlace(IReadOnlyList<string> Enter, string Address, int Port);
