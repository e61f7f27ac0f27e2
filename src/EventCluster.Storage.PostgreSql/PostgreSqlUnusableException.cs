namespace EventCluster.Storage.PostgreSql;

/// <summary>The database cannot be this store: a newer schema, another cluster, settings that lose data, no access.</summary>
/// <param name="message">One line for the operator: what was found and what is needed.</param>
/// <param name="inner">What the database said, or null.</param>
public sealed class PostgreSqlUnusableException(string message, Exception? inner = null) : IOException(message, inner);
