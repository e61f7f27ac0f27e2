namespace EventCluster.Abstractions.Store;

/// <summary>
/// The medium does not answer now: nothing is known about the data, and the same call may succeed a moment later. Callers
/// answer "not now" instead of an error. The store itself reports the outage once; nobody needs to log each of these.
/// </summary>
/// <param name="message">What does not answer, and why.</param>
/// <param name="inner">What the medium's library said.</param>
public sealed class StoreUnreachableException(string message, Exception? inner = null) : IOException(message, inner);
