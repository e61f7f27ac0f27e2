using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Protocol;

namespace EventCluster.Core;

/// <summary>One stream of a <see cref="LocalStreamDirectory"/>, by name.</summary>
/// <param name="directory">The directory.</param>
/// <param name="name">The name.</param>
/// <param name="incarnation">The incarnation of the stream that configure, trim and delete mean; null for the one that exists now.</param>
internal sealed class LocalStreamHandle(LocalStreamDirectory directory, StreamName name, long? incarnation = null) : IStreamHandle
{
    /// <inheritdoc />
    public StreamName Name => name;

    /// <inheritdoc />
    public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        return directory.Forks.CreateAsync(name, request, CheckedBytes(request.Events), cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        if (request.Events.Count == 0 && !request.Close)
        {
            throw new ArgumentException("An append carries events, or closes, or both.", nameof(request));
        }

        if (request.Producer is { } stamp && !ProducerStamp.IsValidId(stamp.Id))
        {
            throw new ArgumentException(
                $"A producer's identity has 1 to {ProtocolLimits.MaxProducerIdBytes} bytes and does not begin with "
                + $"'{ProducerStamp.ReservedPrefix}'.",
                nameof(request));
        }

        // Not cancelled from here on: the outcome comes when the store has answered, and the buffers are free then.
        return directory.Streams.Submit(name, new AppendCommand(request, CheckedBytes(request.Events)));
    }

    /// <inheritdoc />
    public ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(request.MaxEvents, 1, nameof(request));
        return directory.Reads.ReadAsync(name, request, cancellationToken);
    }

    /// <inheritdoc />
    public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
        DescribeAsync(ReadConfirmation.Strict, cancellationToken);

    /// <inheritdoc />
    public ValueTask<DescribeOutcome> DescribeAsync(ReadConfirmation confirmation, CancellationToken cancellationToken) =>
        directory.Reads.DescribeAsync(name, confirmation, cancellationToken);

    /// <inheritdoc />
    public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(changes);
        cancellationToken.ThrowIfCancellationRequested();
        return directory.Streams.Submit(name, new ConfigureCommand(changes, incarnation));
    }

    /// <inheritdoc />
    public async ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var outcome = await directory.Streams.Submit(name, new TrimCommand(before, incarnation));
        await directory.Forks.SettleAsync(name);
        return outcome;
    }

    /// <inheritdoc />
    public async ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var outcome = await directory.Streams.Submit(name, new DeleteCommand(incarnation));
        if (outcome is DeleteOutcome.Deleted)
        {
            await directory.Forks.SettleAsync(name);
        }

        return outcome;
    }

    private long CheckedBytes(IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        long bytes = 0;
        for (var i = 0; i < events.Count; i++)
        {
            bytes += events[i].Length;
            if (events[i].Length > ProtocolLimits.MaxEventBytes)
            {
                throw new ArgumentException(
                    $"An event has {events[i].Length} bytes; at most {ProtocolLimits.MaxEventBytes} are allowed.", nameof(events));
            }
        }

        var limits = directory.Options;
        return events.Count <= limits.MaxAppendEvents && bytes <= limits.MaxAppendBytes
            ? bytes
            : throw new ArgumentException(
                $"An append has {events.Count} events of {bytes} bytes; at most {limits.MaxAppendEvents} events of "
                + $"{limits.MaxAppendBytes} bytes are allowed.",
                nameof(events));
    }
}
