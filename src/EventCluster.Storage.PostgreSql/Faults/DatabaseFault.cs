namespace EventCluster.Storage.PostgreSql.Faults;

/// <summary>What a failure of the database means. Each is an outage for clients; they differ in what the store does next.</summary>
internal enum DatabaseFault
{
    /// <summary>The database cannot do its work now.</summary>
    Outage = 0,

    /// <summary>The connection ended or leads to a server that takes no writes: all are dropped, and the next is tried at once.</summary>
    Connection = 1,

    /// <summary>The session does not fit (prepared statements of a different session, a changed table): the same is tried on a new one.</summary>
    Session = 2,

    /// <summary>Another transaction stood in the way: the same may succeed at once.</summary>
    Conflict = 3,

    /// <summary>The rows or values of one stream: its neighbours are tried without it.</summary>
    Stream = 4,

    /// <summary>The medium is full: what needs no room may still fit.</summary>
    Full = 5,
}
