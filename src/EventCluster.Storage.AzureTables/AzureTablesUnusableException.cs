namespace EventCluster.Storage.AzureTables;

/// <summary>The account or its tables cannot be this store: a newer layout, another cluster, no access.</summary>
/// <param name="message">One line for the operator: what was found and what is needed.</param>
/// <param name="inner">What the service said, or null.</param>
public sealed class AzureTablesUnusableException(string message, Exception? inner = null) : IOException(message, inner);
