namespace EventCluster.Storage.LocalDisk.Tests;

/// <summary>A directory of one test, gone at its end.</summary>
public sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("eventcluster-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
