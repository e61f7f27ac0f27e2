namespace EventCluster.Edge.Tests.Memory;

/// <summary>Tests that weigh the whole process and therefore run with nothing beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
