using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Feeds;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Live;

/// <summary>GET without <c>live</c>: one answer with what is there (Durable Streams 5.6).</summary>
internal sealed class CatchUpTransport(
    IStreamDirectory directory,
    BlockCache blocks,
    AnswerBudget budget,
    IOptions<EdgeOptions> options,
    TimeProvider time) : ISubscriberTransport
{
    /// <summary>Fewer events than this stand at the owner's tail, in memory: asking it is cheaper than the cache.</summary>
    private const int SmallestBacklog = 64;

    private readonly PollAnswer _answer = new(options.Value, budget, time);

    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        var now = read.Start.Kind == StartKind.Now;
        var outcome = await TryBlocksAsync(read) ?? await read.Reader.OpenAsync(
            read.Start, now ? 1 : ProtocolLimits.MaxReadAnswerBytes, now ? 1 : read.Query.Limit, TimeSpan.Zero,
            read.Context.RequestAborted);
        if (ErrorResponses.Of(outcome, read.Name) is { } fault)
        {
            await ProblemResponse.WriteAsync(read.Context, fault);
            return;
        }

        var batch = (ReadOutcome.Batch)outcome;
        await _answer.WriteAsync(read, now ? AtTail(batch) : batch, cursor: null);
    }

    /// <summary>
    /// A long backlog comes from shared blocks, admitted by the stream's instant of now (CORRECTNESS rule 15); null for
    /// everything that the owner must answer, every access to a stream with a sliding TTL among it.
    /// </summary>
    private async ValueTask<ReadOutcome?> TryBlocksAsync(ReadOperation read)
    {
        var stream = directory.GetStream(read.Name);
        if (read.Start.Kind == StartKind.Now
            || await stream.DescribeAsync(read.Context.RequestAborted) is not DescribeOutcome.Found found
            || found.Descriptor.TtlSeconds is not null)
        {
            return null;
        }

        var descriptor = found.Descriptor;
        var from = PositionReader.Resolve(read.Start, descriptor);
        return descriptor.Tail.Sequence - from.Sequence >= SmallestBacklog
            && from.Sequence >= descriptor.Earliest.Sequence && descriptor.Incarnations.Holds(from)
            ? await blocks.ReadAsync(
                stream, descriptor, from, ProtocolLimits.MaxReadAnswerBytes, read.Query.Limit, read.Context.RequestAborted)
            : null;
    }

    /// <summary><c>offset=now</c> never carries data: it answers with the tail that the read saw.</summary>
    private static ReadOutcome.Batch AtTail(ReadOutcome.Batch batch) =>
        batch with { From = batch.Descriptor.Tail, Next = batch.Descriptor.Tail, Slices = [] };
}
