namespace EventCluster.Abstractions;

/// <summary>
/// Something of the service that runs on its own beside requests: a thread, a loop. While one is dead the node is not ready,
/// and says which.
/// </summary>
public interface IBackgroundPart
{
    /// <summary>Why it does not do its work, as a sentence that names it; null while it runs and once it was told to stop.</summary>
    string? Fault { get; }
}
