namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>What the rows of one statement of a group say; statements without rows have no step.</summary>
internal enum GroupStep
{
    /// <summary>Nothing that matters.</summary>
    Nothing = 0,

    /// <summary>Name, fence and version of the group's streams as they were before it.</summary>
    Heads = 1,

    /// <summary>Name and newest fence of those names of the group that have no stream.</summary>
    Fences = 2,

    /// <summary>Places of the commits that were applied.</summary>
    Applied = 3,
}
