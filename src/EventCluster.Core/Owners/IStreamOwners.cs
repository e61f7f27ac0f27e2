using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Core.Owners;

/// <summary>
/// How the owner of one stream reaches the owner of another: the steps of forks (CORRECTNESS rule 8) and visits of due
/// streams (rule 9). On one node this is the directory itself; in a cluster it is a call to the other stream's owner.
/// Every step is idempotent, so an implementation may repeat it after a failure.
/// </summary>
public interface IStreamOwners
{
    /// <summary>This node is the one that looks for due streams now.</summary>
    bool SweepsHere { get; }

    /// <summary>Asks the source for a hold on the events that a fork inherits, in one commit of the source.</summary>
    ValueTask<ForkHoldAnswer> HoldAsync(StreamName source, ForkHoldRequest request);

    /// <summary>Confirms a hold, or drops it and settles what the source then owes itself.</summary>
    /// <param name="source">The stream that is held.</param>
    /// <param name="fork">The fork that holds it.</param>
    /// <param name="incarnation">The fork's own history; with its name the key of the hold.</param>
    /// <param name="confirm">True to confirm, false to drop.</param>
    /// <returns>
    /// False when the step did not happen and must be tried again, or when a hold to confirm is not there.
    /// </returns>
    ValueTask<bool> SettleHoldAsync(StreamName source, StreamName fork, long incarnation, bool confirm);

    /// <summary>Confirms the hold of a created fork.</summary>
    /// <returns>
    /// True when the hold is there and confirmed, false when there is none, so that the fork must not stay; null when the
    /// step did not happen: a visit of the source tries it again.
    /// </returns>
    async ValueTask<bool?> ConfirmHoldAsync(StreamName source, StreamName fork, long incarnation) =>
        await SettleHoldAsync(source, fork, incarnation, confirm: true);

    /// <summary>Whether a fork of that history exists and needs its source; null while that cannot be said.</summary>
    ValueTask<bool?> IsHoldingAsync(StreamName fork, long incarnation);

    /// <summary>Reads from the other stream.</summary>
    ValueTask<ReadOutcome> ReadAsync(StreamName source, ReadRequest request);

    /// <summary>Lets the owner of a due stream commit what is due.</summary>
    ValueTask VisitAsync(StreamName name);
}
