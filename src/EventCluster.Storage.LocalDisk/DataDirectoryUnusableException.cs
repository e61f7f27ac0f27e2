namespace EventCluster.Storage.LocalDisk;

/// <summary>The data directory cannot be used as asked. One line for the operator.</summary>
/// <param name="message">What is wrong and what would help.</param>
public sealed class DataDirectoryUnusableException(string message) : IOException(message);
