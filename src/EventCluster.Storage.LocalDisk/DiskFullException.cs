namespace EventCluster.Storage.LocalDisk;

/// <summary>The medium has no room (<c>ENOSPC</c> or a quota). Room may return.</summary>
/// <param name="message">What could not be stored.</param>
public sealed class DiskFullException(string message) : IOException(message);
