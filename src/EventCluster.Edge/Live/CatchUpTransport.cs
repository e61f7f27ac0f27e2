using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Live;

/// <summary>GET without <c>live</c>: one answer with what is there (Durable Streams 5.6).</summary>
internal sealed class CatchUpTransport(
    FeedDirectory feeds,
    BlockCache blocks,
    PinnedBlocks pins,
    IOptions<EdgeOptions> options,
    TimeProvider time) : ISubscriberTransport
{
    private readonly PollAnswer _answer = new(options.Value, pins.Answers, time);

    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        var now = read.Start.Kind == StartKind.Now;
        var (maxBytes, maxEvents) = now ? (1, 1) : (AnswerWriter.PayloadBytes(read.Query), read.Query.Limit);
        var ended = read.Context.RequestAborted;
        ReadOutcome outcome = await blocks.TryOpenAsync(read.Bounded, read.Start, maxBytes, maxEvents, ended) is { } backlog
            ? backlog
            : await read.Reader.OpenAsync(read.Start, maxBytes, maxEvents, TimeSpan.Zero, ended);
        feeds.OnSeen(read.Name, outcome);
        if (now && outcome is ReadOutcome.Batch { ClaimWithheld: true })
        {
            // The tail is all that this answer says.
            outcome = new ReadOutcome.Unavailable(
                UnavailableReason.StoreUnreachable, "The newest state of the stream could not be confirmed; try again.");
        }

        if (ErrorResponses.Of(outcome, read.Name) is { } fault)
        {
            await ProblemResponse.WriteAsync(read.Context, fault);
            return;
        }

        var batch = (ReadOutcome.Batch)outcome;
        await _answer.WriteAsync(read, now ? AtTail(batch) : batch, cursor: null);
    }

    /// <summary><c>offset=now</c> never carries data: it answers with the tail that the read saw.</summary>
    private static ReadOutcome.Batch AtTail(ReadOutcome.Batch batch) =>
        batch with { From = batch.Descriptor.Tail, Next = batch.Descriptor.Tail, Slices = [] };
}
