using EventCluster.Orleans.Directory;

namespace EventCluster.Orleans.Client;

/// <summary>Options of an <see cref="EventClusterClient"/>.</summary>
public sealed class EventClusterClientOptions
{
    /// <summary>
    /// A name of this publisher that stays the same when it starts again and that no other running process has, a pod's
    /// name for example. It bounds what streams remember of it. Null draws one by chance, so that every start counts as a
    /// new producer of each stream that it appends to.
    /// </summary>
    public string? Name { get; set; }

    /// <summary>Timeouts and limits of calls.</summary>
    public OrleansStreamDirectoryOptions Calls { get; } = new() { AppendCopyAfter = TimeSpan.FromMilliseconds(250) };
}
