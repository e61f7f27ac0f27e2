namespace EventCluster.Storage.PostgreSql.Schema;

/// <summary>What a database says about its schema.</summary>
/// <param name="Version">Number of the newest migration applied.</param>
/// <param name="OldestBinary">The oldest schema number that a binary may be built for and still use this database.</param>
/// <param name="ClusterId">The cluster that the data belongs to.</param>
internal sealed record SchemaVersion(int Version, int OldestBinary, string ClusterId);
