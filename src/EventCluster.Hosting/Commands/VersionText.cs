using System.Reflection;
using EventCluster.Storage.LocalDisk;

namespace EventCluster.Hosting.Commands;

/// <summary>What <c>--version</c> prints.</summary>
public static class VersionText
{
    /// <summary>The product's version without the commit.</summary>
    public static string Version { get; } = Informational().Split('+')[0];

    /// <summary>Version, data format and commit, one line each.</summary>
    public static string Render()
    {
        var parts = Informational().Split('+', 2);
        return $"""
            EventCluster {parts[0]}
            data format {LocalDiskLogStore.FormatVersion}
            commit {(parts.Length == 2 ? parts[1] : "unknown")}

            """;
    }

    private static string Informational() =>
        typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
