namespace EventCluster.Core.State;

/// <summary>Where a stored stream stands between creation and removal. The numbers are on disk.</summary>
internal enum Lifecycle
{
    /// <summary>In use.</summary>
    Live = 0,

    /// <summary>Deleted or expired, kept because forks hold its events: gone for clients, its name is taken.</summary>
    SoftDeleted = 1,

    /// <summary>Deleted or expired, only its own hold on its source is still to be released: not found for clients.</summary>
    Releasing = 2,
}
