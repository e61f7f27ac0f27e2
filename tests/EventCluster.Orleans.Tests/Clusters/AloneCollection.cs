using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>Tests that measure the whole process, so nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
