namespace EventCluster.Failover;

/// <summary>An append that was not acknowledged, and may be sent again as it is.</summary>
internal sealed class AppendRetryException(string message) : Exception(message);
