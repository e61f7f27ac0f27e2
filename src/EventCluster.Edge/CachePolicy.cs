namespace EventCluster.Edge;

/// <summary>Who may keep data answers of reads (<c>EventCluster:Caching</c>).</summary>
public enum CachePolicy
{
    /// <summary><c>private</c>: only the client itself.</summary>
    Private = 0,

    /// <summary><c>public</c>: shared caches and CDNs too; for streams that everybody may read.</summary>
    Public = 1,

    /// <summary><c>no-store</c>: nobody.</summary>
    NoStore = 2,
}
