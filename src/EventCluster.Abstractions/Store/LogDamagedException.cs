namespace EventCluster.Abstractions.Store;

/// <summary>Stored bytes failed their checksum or contradict the index: data is damaged, never silently skipped.</summary>
/// <param name="message">Which medium, where, and which streams and sequences are touched.</param>
public sealed class LogDamagedException(string message) : IOException(message);
