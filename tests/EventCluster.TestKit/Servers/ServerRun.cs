namespace EventCluster.TestKit.Servers;

/// <summary>How a one-shot run of the server ended.</summary>
/// <param name="ExitCode">0 for success.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record ServerRun(int ExitCode, string Output, string Error);
