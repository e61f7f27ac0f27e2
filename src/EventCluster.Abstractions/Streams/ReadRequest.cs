using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>A read.</summary>
/// <param name="From">A concrete position; "earliest" and "now" are resolved by the edge.</param>
/// <param name="MaxBytes">Payload bytes wanted at most; one event is returned whatever its size.</param>
/// <param name="MaxEvents">Events wanted at most, at least 1.</param>
/// <param name="WaitUpTo">How long to wait at the tail; zero for no wait.</param>
/// <param name="Touch">Counts as an access for a sliding TTL.</param>
public readonly record struct ReadRequest(
    StreamOffset From, int MaxBytes, int MaxEvents, TimeSpan WaitUpTo, bool Touch)
{
    /// <summary>What the answer may claim about the tail.</summary>
    public ReadConfirmation Confirmation { get; init; }
}
