namespace EventCluster.Hosting.Configuration;

/// <summary>Exit codes of the server's process.</summary>
public static class ExitCode
{
    /// <summary>Done, or stopped as asked.</summary>
    public const int Success = 0;

    /// <summary>The store failed for good while serving.</summary>
    public const int StoreFailed = 1;

    /// <summary>It could not start, or may not go on: configuration, port, data folder, data of another cluster.</summary>
    public const int CannotStart = 2;

    /// <summary>A node of a cluster was voted out, or its runtime could not go on; to be started again.</summary>
    public const int LeftCluster = 3;
}
