namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>How a store does not answer.</summary>
public enum CutKind
{
    /// <summary>Each call fails at once, as with a refused connection.</summary>
    Refuses,

    /// <summary>Calls get no answer, as with packets that are dropped.</summary>
    Silent,
}
