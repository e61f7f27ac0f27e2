using EventCluster.Protocol;

namespace EventCluster.Core.State;

/// <summary>A fork's claim on events of its source (CORRECTNESS rule 8), keyed by fork name and incarnation.</summary>
/// <param name="Fork">The fork.</param>
/// <param name="Incarnation">The fork's own history.</param>
/// <param name="From">First sequence held.</param>
/// <param name="To">Sequence after the last one held: the fork point.</param>
/// <param name="Confirmed">The fork's head is committed. An unconfirmed hold is settled by asking for that head.</param>
/// <param name="SinceMilliseconds">When the hold was taken.</param>
internal sealed record ForkHold(
    StreamName Fork, long Incarnation, long From, long To, bool Confirmed, long SinceMilliseconds);
