namespace EventCluster.TestKit.Servers;

/// <summary>Where the repository and its built server are.</summary>
public static class ServerFiles
{
    /// <summary>The repository's root.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The built server: <c>EVENTCLUSTER_SERVER_DLL</c>, else the build of the same configuration as the caller's.</summary>
    public static string Dll { get; } = Environment.GetEnvironmentVariable("EVENTCLUSTER_SERVER_DLL") ?? Path.Combine(
        Repository, "src", "EventCluster.Server", "bin", Configuration(), "net10.0", "EventCluster.Server.dll");

    /// <summary>The built node of a cluster: <c>EVENTCLUSTER_SILO_DLL</c>, else the build of the same configuration as the caller's.</summary>
    public static string SiloDll { get; } = Environment.GetEnvironmentVariable("EVENTCLUSTER_SILO_DLL") ?? Path.Combine(
        Repository, "src", "EventCluster.Silo", "bin", Configuration(), "net10.0", "EventCluster.Silo.dll");

    private static string Configuration() =>
        AppContext.BaseDirectory.Split(Path.DirectorySeparatorChar).Contains("Release", StringComparer.Ordinal) ? "Release" : "Debug";

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "EventCluster.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"EventCluster.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
