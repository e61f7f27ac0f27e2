using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using Orleans.Concurrency;

namespace EventCluster.Orleans.Grains;

/// <summary>
/// The address of a stream's owner; the key is the stream's name. Calls interleave: order comes from the owner, not from
/// the turns of the grain. Two calls of one caller may overtake each other, so a caller has one append call in flight.
/// </summary>
[Alias("ec.stream")]
public interface IStreamGrain : IGrainWithStringKey
{
    /// <summary>Appends in the given order, each all or nothing; as many outcomes as requests.</summary>
    [Alias("append")]
    Task<Wire<AppendOutcome[]>> AppendAsync(Wire<AppendRequest[]> requests);

    /// <summary>The one read verb; waits at the tail for as long as asked, less than the response timeout.</summary>
    [Alias("read")]
    [AlwaysInterleave]
    Task<Wire<ReadReply>> ReadAsync(Wire<ReadRequest> request, CancellationToken cancellationToken);

    /// <summary>Creates the stream.</summary>
    [Alias("create")]
    Task<Wire<CreateOutcome>> CreateAsync(Wire<CreateRequest> request);

    /// <summary>The committed state.</summary>
    [Alias("describe")]
    Task<Wire<DescribeOutcome>> DescribeAsync();

    /// <summary>Changes retention limits.</summary>
    /// <param name="changes">The limits to change.</param>
    /// <param name="incarnation">The incarnation of the stream that a repeated request means; null for the one that exists now.</param>
    [Alias("configure")]
    Task<Wire<ConfigureOutcome>> ConfigureAsync(Wire<RetentionLimits> changes, long? incarnation);

    /// <summary>Moves the earliest position forward.</summary>
    /// <param name="before">The new earliest position.</param>
    /// <param name="incarnation">As for <see cref="ConfigureAsync"/>.</param>
    [Alias("trim")]
    Task<Wire<TrimOutcome>> TrimAsync(Wire<StreamOffset> before, long? incarnation);

    /// <summary>Deletes the stream.</summary>
    /// <param name="incarnation">As for <see cref="ConfigureAsync"/>.</param>
    [Alias("delete")]
    Task<Wire<DeleteOutcome>> DeleteAsync(long? incarnation);

    /// <summary>A fork asks this stream, its source, for a hold.</summary>
    [Alias("hold")]
    Task<Wire<ForkHoldAnswer>> HoldAsync(Wire<ForkHoldRequest> request);

    /// <summary>
    /// A fork's hold on this stream is confirmed or dropped. Dropping: false when it must be tried again. Confirming:
    /// false when there is no such hold; a step that did not happen throws.
    /// </summary>
    [Alias("settle")]
    Task<bool> SettleHoldAsync(string fork, long incarnation, bool confirm);

    /// <summary>Whether this fork exists in that history and holds its source.</summary>
    [Alias("holding")]
    Task<bool?> IsHoldingAsync(long incarnation);

    /// <summary>Commits what is due.</summary>
    [Alias("visit")]
    Task VisitAsync();

    /// <summary>
    /// Hands the stream over: everything pending is answered, then the owner leaves; the next call finds it on another silo.
    /// </summary>
    /// <param name="target">The silo that should own it next, as text; null for any.</param>
    [Alias("handover")]
    Task HandOverAsync(string? target);
}
