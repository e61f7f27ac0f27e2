using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Live;

/// <summary>GET without <c>live</c>: one answer with what is there (Durable Streams 5.6).</summary>
internal sealed class CatchUpTransport(IOptions<EdgeOptions> options, TimeProvider time) : ISubscriberTransport
{
    private readonly PollAnswer _answer = new(options.Value, time);

    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        var now = read.Start.Kind == StartKind.Now;
        var outcome = await read.Reader.OpenAsync(
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

    /// <summary><c>offset=now</c> never carries data: it answers with the tail that the read saw.</summary>
    private static ReadOutcome.Batch AtTail(ReadOutcome.Batch batch) =>
        batch with { From = batch.Descriptor.Tail, Next = batch.Descriptor.Tail, Slices = [] };
}
