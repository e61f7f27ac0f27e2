namespace EventCluster.Hosting.Configuration;

/// <summary>What a process is asked to do. A closed family.</summary>
public abstract record CommandMode
{
    private CommandMode()
    {
    }

    /// <summary>Serve until told to stop.</summary>
    /// <param name="Restored">The data come from a backup: open new histories, and in a shared store draw a new identity.</param>
    public sealed record Run(bool Restored) : CommandMode;

    /// <summary>Print all options.</summary>
    public sealed record Help : CommandMode;

    /// <summary>Print version, data format and commit.</summary>
    public sealed record Version : CommandMode;

    /// <summary>Copy everything readable of a damaged data folder into a new one.</summary>
    /// <param name="From">The damaged folder; it is not changed.</param>
    /// <param name="To">The new folder.</param>
    public sealed record Salvage(string From, string To) : CommandMode;

    /// <summary>Copy a consistent state of the data folder, whether or not a server runs on it.</summary>
    /// <param name="To">The new folder.</param>
    public sealed record Backup(string To) : CommandMode;

    /// <summary>Copy all streams of the data folder into the shared store.</summary>
    public sealed record CopyToStore : CommandMode;
}
