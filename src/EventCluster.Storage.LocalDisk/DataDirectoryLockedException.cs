namespace EventCluster.Storage.LocalDisk;

/// <summary>Another process has the data directory open. One line for the operator.</summary>
/// <param name="path">The directory.</param>
public sealed class DataDirectoryLockedException(string path)
    : IOException($"Data directory '{path}' is in use by another process.")
{
    /// <summary>The directory.</summary>
    public string Directory => path;
}
