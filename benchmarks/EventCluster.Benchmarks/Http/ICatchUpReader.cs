using System.Net;

namespace EventCluster.Benchmarks.Http;

/// <summary>Replays a stream from its start to its tail once and verifies it.</summary>
public interface ICatchUpReader
{
    /// <summary>Reads; returns the number of events, each in its place.</summary>
    Task<long> RunAsync(IPEndPoint server);
}
