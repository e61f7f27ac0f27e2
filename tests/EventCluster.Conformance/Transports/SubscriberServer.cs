namespace EventCluster.Conformance.Transports;

/// <summary>What a test knows of the server, or cluster, under test: where it is, and how to end it.</summary>
/// <param name="Http1">Base URL for HTTP/1.1.</param>
/// <param name="Http2">Base URL for HTTP/2.</param>
/// <param name="StopAsync">Stops it as an operator would: its clients are told; its streams stay for the next start.</param>
public sealed record SubscriberServer(Uri Http1, Uri Http2, Func<Task> StopAsync)
{
    /// <summary>Connections of clients open now; null where nobody can tell.</summary>
    public Func<int>? Connections { get; init; }

    /// <summary>Whether other tests use it, too: then only the test about a stop stops it.</summary>
    public bool IsShared { get; init; }
}
