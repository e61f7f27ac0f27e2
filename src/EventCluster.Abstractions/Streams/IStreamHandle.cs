using EventCluster.Protocol;
using JetBrains.Annotations;

namespace EventCluster.Abstractions.Streams;

/// <summary>
/// One stream, by name. Every expected result is a value of the operation's closed family of outcomes; an exception is a
/// surprise (or a cancellation). All members are safe for concurrent use. Outcomes of mutating commands are released in
/// order, only after everything they build on is committed (CORRECTNESS rule 1).
/// </summary>
public interface IStreamHandle
{
    /// <summary>The name.</summary>
    StreamName Name { get; }

    /// <summary>
    /// The same stream, for the calls of one answer: they end in time for it, as <c>Unavailable</c> when the owner is silent. A handle whose
    /// owners are in this process answers at once anyway, and returns itself.
    /// </summary>
    IStreamHandle Within(AnswerTime answer) => this;

    /// <summary>
    /// Creates the stream (also as a fork, when <see cref="CreateRequest.Fork"/> is set) or confirms one with the same
    /// requested configuration. Head, configuration, inherited range, initial events and closed are one commit.
    /// </summary>
    [MustUseReturnValue]
    ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Appends all events or none, or closes, or both. Payload buffers belong to the stream until the outcome is there.
    /// </summary>
    [MustUseReturnValue]
    ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// The one read verb: history, catch-up and live. At the tail of an open stream it waits up to
    /// <see cref="ReadRequest.WaitUpTo"/> and then answers an empty batch. Cancellation ends the wait.
    /// </summary>
    [MustUseReturnValue]
    ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken);

    /// <summary>The committed state of the stream. Never counts as an access for a sliding TTL.</summary>
    [MustUseReturnValue]
    ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="DescribeAsync(CancellationToken)"/>, but with <see cref="ReadConfirmation.Recent"/> only to admit what lies
    /// behind the tail, and with <see cref="ReadConfirmation.Followed"/> only what the owner remembers: the answer claims no tail.
    /// </summary>
    [MustUseReturnValue]
    ValueTask<DescribeOutcome> DescribeAsync(ReadConfirmation confirmation, CancellationToken cancellationToken) =>
        DescribeAsync(cancellationToken);

    /// <summary>Changes retention limits of a live stream; only the given ones.</summary>
    [MustUseReturnValue]
    ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken);

    /// <summary>Moves the earliest position forward to exactly this one; a position at or before the head changes nothing.</summary>
    [MustUseReturnValue]
    ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken);

    /// <summary>Deletes the stream; with forks it stays behind as gone until they are.</summary>
    [MustUseReturnValue]
    ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken);
}
