using System.Globalization;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Live;

/// <summary><c>live=long-poll</c>: waits at the tail, then answers once (Durable Streams 5.7).</summary>
internal sealed class LongPollTransport(
    FeedDirectory feeds,
    PinnedBlocks pins,
    IOptions<EdgeOptions> options,
    TimeProvider time,
    LiveCursor cursors,
    IHostApplicationLifetime lifetime)
    : ISubscriberTransport
{
    private readonly PollAnswer _answer = new(options.Value, pins.Answers, time);

    /// <inheritdoc />
    public async Task RunAsync(ReadOperation read)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            read.Context.RequestAborted, lifetime.ApplicationStopping);
        ReadOutcome outcome;
        try
        {
            outcome = await read.Reader.OpenAsync(
                read.Start, AnswerWriter.PayloadBytes(read.Query), read.Query.Limit,
                read.Query.Wait ?? options.Value.LongPollTimeout, stop.Token);
        }
        catch (OperationCanceledException) when (!read.Context.RequestAborted.IsCancellationRequested)
        {
            // The server is stopping: an early timeout, and the client polls again elsewhere.
            await AnswerStoppingAsync(read);
            return;
        }

        feeds.OnSeen(read.Name, outcome);
        if (ErrorResponses.Of(outcome, read.Name) is { } fault)
        {
            await ProblemResponse.WriteAsync(read.Context, fault);
            return;
        }

        var batch = (ReadOutcome.Batch)outcome;
        var cursor = cursors.Next(read.Query.Cursor);
        if (batch.Slices.Count > 0)
        {
            await _answer.WriteAsync(read, batch, cursor);
            return;
        }

        AnswerEmpty(read, batch.Next, cursor, upToDate: true, batch.Descriptor.Closed);
    }

    private Task AnswerStoppingAsync(ReadOperation read)
    {
        if (read.Reader.Position == default)
        {
            return ProblemResponse.WriteAsync(read.Context, 503, ErrorCode.Unavailable, "The server is stopping.");
        }

        // Cut short, so nothing is claimed about the tail.
        AnswerEmpty(read, read.Reader.Position, cursors.Next(read.Query.Cursor), upToDate: false, closed: false);
        return Task.CompletedTask;
    }

    private static void AnswerEmpty(ReadOperation read, StreamOffset position, long cursor, bool upToDate, bool closed)
    {
        var headers = read.Context.Response.Headers;
        read.Context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers[HeaderNames.NextOffset] = position.ToString();
        if (upToDate)
        {
            headers[HeaderNames.UpToDate] = ResponseHeaders.True;
        }

        headers[HeaderNames.Cursor] = cursor.ToString(CultureInfo.InvariantCulture);
        headers.CacheControl = ResponseHeaders.NoStore;
        if (closed)
        {
            headers[HeaderNames.Closed] = ResponseHeaders.True;
        }
    }
}
