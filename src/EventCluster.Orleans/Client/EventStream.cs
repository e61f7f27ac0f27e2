using System.Runtime.CompilerServices;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Directory;
using EventCluster.Protocol;
using JetBrains.Annotations;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Orleans.Client;

/// <summary>One stream, by name.</summary>
public sealed class EventStream
{
    private const int MaxEventsPerRead = 1_000;
    private const int MaxBytesPerRead = 256 * 1024;

    private static readonly TimeSpan WaitAtTheTail = TimeSpan.FromSeconds(10);

    private readonly OwnerReach _reach;

    internal EventStream(OwnerReach reach, StreamName name) => (_reach, Handle) = (reach, reach.GetStream(name));

    /// <summary>The name.</summary>
    public StreamName Name => Handle.Name;

    /// <summary>
    /// The whole stream: forks, closing, trimming, retention, conditions on appends. Its operations return outcomes instead of
    /// throwing; look at every one of them.
    /// </summary>
    public IStreamHandle Handle { get; }

    /// <summary>Creates the stream, or confirms one with the same configuration.</summary>
    /// <param name="contentType">As in HTTP; null for <c>application/octet-stream</c>.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <returns>The stream as it is now.</returns>
    /// <exception cref="FormatException">Not a media type.</exception>
    /// <exception cref="StreamRefusedException">It exists with another configuration, or cannot be created now.</exception>
    public async ValueTask<StreamDescriptor> CreateAsync(string? contentType = null, CancellationToken cancellationToken = default)
    {
        var outcome = await TryCreateAsync(contentType, cancellationToken);
        return outcome switch
        {
            CreateOutcome.Created created => created.Descriptor,
            CreateOutcome.Exists exists => exists.Descriptor,
            _ => throw new StreamRefusedException(Name, StreamRefusals.Of(outcome, Name)!),
        };
    }

    /// <summary>Creates the stream, or confirms one with the same configuration; a refusal is an outcome, not an exception.</summary>
    /// <param name="contentType">As in HTTP; null for <c>application/octet-stream</c>.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    /// <exception cref="FormatException">Not a media type.</exception>
    [MustUseReturnValue]
    public ValueTask<CreateOutcome> TryCreateAsync(string? contentType = null, CancellationToken cancellationToken = default) =>
        Handle.CreateAsync(
            new CreateRequest { ContentType = contentType is null ? null : StreamContentType.Parse(contentType) },
            cancellationToken);

    /// <summary>Appends one event of text.</summary>
    /// <inheritdoc cref="AppendAsync(IReadOnlyList{ReadOnlyMemory{byte}}, CancellationToken)"/>
    public ValueTask<StreamOffset> AppendAsync(string text, CancellationToken cancellationToken = default) =>
        AppendAsync([Encoding.UTF8.GetBytes(text)], cancellationToken);

    /// <summary>Appends one event.</summary>
    /// <inheritdoc cref="AppendAsync(IReadOnlyList{ReadOnlyMemory{byte}}, CancellationToken)"/>
    public ValueTask<StreamOffset> AppendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        AppendAsync([payload], cancellationToken);

    /// <summary>
    /// Appends all events or none. Idempotent: the client repeats an attempt that got no answer, and one copy remains.
    /// Appends that come while a call is in flight go together with the next one, in the order of the calls.
    /// </summary>
    /// <remarks>The client repeats for 10 s; the code <see cref="ErrorCode.OutcomeUnknown"/> says that it may have happened. To
    /// repeat safely even then, or across a restart of this process, append through <see cref="Handle"/> with a
    /// <see cref="ProducerStamp"/> of your own. Events of a JSON stream are JSON values, one each, and those of a text stream
    /// are UTF-8; others are refused with <see cref="ErrorCode.InvalidBody"/>.</remarks>
    /// <param name="payloads">The events, each up to 1 MiB; the buffers are the client's until the outcome is there.</param>
    /// <param name="cancellationToken">Refuses before the append is sent; not after.</param>
    /// <returns>The position after the last event.</returns>
    /// <exception cref="StreamRefusedException">Nothing was appended (but see the remarks); the message says what to do.</exception>
    public async ValueTask<StreamOffset> AppendAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> payloads, CancellationToken cancellationToken = default)
    {
        var outcome = await TryAppendAsync(payloads, cancellationToken);
        return outcome is AppendOutcome.Appended appended
            ? appended.Next
            : throw new StreamRefusedException(Name, StreamRefusals.Of(outcome, Name)!);
    }

    /// <summary>Appends one event of text; a refusal is an outcome, not an exception.</summary>
    /// <inheritdoc cref="TryAppendAsync(IReadOnlyList{ReadOnlyMemory{byte}}, CancellationToken)"/>
    [MustUseReturnValue]
    public ValueTask<AppendOutcome> TryAppendAsync(string text, CancellationToken cancellationToken = default) =>
        TryAppendAsync([Encoding.UTF8.GetBytes(text)], cancellationToken);

    /// <summary>Appends one event; a refusal is an outcome, not an exception.</summary>
    /// <inheritdoc cref="TryAppendAsync(IReadOnlyList{ReadOnlyMemory{byte}}, CancellationToken)"/>
    [MustUseReturnValue]
    public ValueTask<AppendOutcome> TryAppendAsync(ReadOnlyMemory<byte> payload, CancellationToken cancellationToken = default) =>
        TryAppendAsync([payload], cancellationToken);

    /// <summary>
    /// As <see cref="AppendAsync(IReadOnlyList{ReadOnlyMemory{byte}}, CancellationToken)"/>, but a refusal is an outcome, not an
    /// exception. An outcome that is not looked at is an event that may be lost.
    /// </summary>
    /// <param name="payloads">The events, each up to 1 MiB; the buffers are the client's until the outcome is there.</param>
    /// <param name="cancellationToken">Refuses before the append is sent; not after.</param>
    [MustUseReturnValue]
    public ValueTask<AppendOutcome> TryAppendAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> payloads, CancellationToken cancellationToken = default) =>
        Handle.AppendAsync(new AppendRequest { Events = payloads }, cancellationToken);

    /// <summary>The events from a position on, in order, each once; at the tail it waits for more until cancelled.</summary>
    /// <param name="from">The offset of the last event seen; null for the earliest retained one.</param>
    /// <param name="follow">False ends at the tail instead of waiting.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="StreamReadException">The position is lost, or the stream does not exist (any more).</exception>
    public async IAsyncEnumerable<EventRecord> ReadAsync(
        StreamOffset? from = null,
        bool follow = true,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var position = from ?? await EarliestAsync(cancellationToken);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var outcome = await Handle.ReadAsync(
                new ReadRequest(position, MaxBytesPerRead, MaxEventsPerRead, follow ? WaitAtTheTail : TimeSpan.Zero, Touch: true)
                {
                    // Who follows claims nothing about the tail.
                    Confirmation = follow ? ReadConfirmation.Followed : ReadConfirmation.Strict,
                },
                cancellationToken);
            if (outcome is ReadOutcome.Unavailable && follow && !_reach.Calls.IsStopping)
            {
                // The handle tried for a while already; a follower goes on until its caller has enough.
                await Task.Delay(_reach.Options.LongestRetryDelay, _reach.Time, cancellationToken);
                continue;
            }

            if (outcome is not ReadOutcome.Batch batch)
            {
                throw new StreamReadException(Name, outcome);
            }

            foreach (var slice in batch.Slices)
            {
                for (var i = slice.Start; i < slice.End; i++)
                {
                    yield return slice.Block[i];
                }
            }

            if (batch.AtEnd || (!follow && batch.UpToDate))
            {
                yield break;
            }

            position = batch.Next;
        }
    }

    private async Task<StreamOffset> EarliestAsync(CancellationToken cancellationToken) =>
        await Handle.DescribeAsync(cancellationToken) switch
        {
            DescribeOutcome.Found found => found.Descriptor.Earliest,
            DescribeOutcome.Gone => throw new StreamReadException(Name, new ReadOutcome.Gone()),
            DescribeOutcome.Unavailable now => throw new StreamReadException(Name, new ReadOutcome.Unavailable(now.Reason, now.Detail)),
            _ => throw new StreamReadException(Name, new ReadOutcome.NotFound()),
        };
}
