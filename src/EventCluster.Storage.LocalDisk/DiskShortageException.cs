namespace EventCluster.Storage.LocalDisk;

/// <summary>
/// The process or the system is short of something that comes back by itself: descriptors (<c>EMFILE</c>, <c>ENFILE</c>),
/// memory (<c>ENOMEM</c>), or a resource of another kind (<c>EAGAIN</c>). Nothing was flushed; the call may be repeated.
/// </summary>
/// <param name="message">What could not be done.</param>
public sealed class DiskShortageException(string message) : IOException(message);
