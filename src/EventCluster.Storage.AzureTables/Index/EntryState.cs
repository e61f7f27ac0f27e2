namespace EventCluster.Storage.AzureTables.Index;

/// <summary>
/// What an entry of an index is worth. Entries are written before the commit they belong to, so there is one for every
/// stream, and some for nothing.
/// </summary>
internal enum EntryState
{
    /// <summary>The head says so.</summary>
    Live = 0,

    /// <summary>Its commit may be on its way.</summary>
    Pending = 1,

    /// <summary>Its commit did not land and cannot any more, or was followed by another: the entry can go.</summary>
    Dead = 2,
}
