namespace EventCluster.Hosting.Configuration;

/// <summary>Who may cache catch-up answers.</summary>
public enum CachingKind
{
    /// <summary>The client only.</summary>
    Private = 0,

    /// <summary>Shared caches too.</summary>
    Public = 1,

    /// <summary>Nobody.</summary>
    NoStore = 2,
}
