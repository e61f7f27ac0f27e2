using System.Globalization;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Live;

/// <summary>The 200 or 304 that ends a catch-up read or a long-poll, with its caching headers (CORRECTNESS rule 20).</summary>
internal sealed class PollAnswer(EdgeOptions options, BlockPins pins, TimeProvider time)
{
    public async ValueTask WriteAsync(ReadOperation read, ReadOutcome.Batch batch, long? cursor)
    {
        var kind = batch.Descriptor.ContentType.Kind;
        if (read.Query.Envelope && kind != PayloadKind.Json)
        {
            await ProblemResponse.WriteAsync(read.Context, RequestFault.BadRequest(
                $"envelope=1 is for streams of application/json; this one is '{batch.Descriptor.ContentType}'."));
            return;
        }

        var sliceBytes = HttpProtocol.IsHttp2(read.Context.Request.Protocol)
            ? EdgeLimits.Http2SliceBytes
            : EdgeLimits.AnswerFlushBytes;

        // An answer of one slice is written at once and keeps nothing afterwards.
        var length = AnswerWriter.LengthOf(batch, kind, read.Query.Envelope);
        var isLong = length > sliceBytes;
        if (isLong && !pins.TryPin(batch.Slices)
            && (pins.Cut(batch.Slices) is not { } cut || !pins.TryPin((batch = batch with { Slices = cut }).Slices)))
        {
            await ProblemResponse.WriteAsync(read.Context, ErrorResponses.OfUnavailable(
                UnavailableReason.Overloaded, "Too many long answers wait for slow clients; try again in a moment."));
            return;
        }

        try
        {
            await WriteAsync(read, batch, cursor, length, sliceBytes);
        }
        finally
        {
            if (isLong)
            {
                pins.Unpin(batch.Slices);
            }
        }
    }

    private async ValueTask WriteAsync(ReadOperation read, ReadOutcome.Batch batch, long? cursor, long length, int sliceBytes)
    {
        var response = read.Context.Response;
        var headers = response.Headers;
        headers[HeaderNames.NextOffset] = batch.Next.ToString();
        headers.CacheControl = CacheControl(read, batch, isLongPoll: cursor is not null);
        if (batch.UpToDate)
        {
            headers[HeaderNames.UpToDate] = ResponseHeaders.True;
        }

        if (batch.AtEnd)
        {
            headers[HeaderNames.Closed] = ResponseHeaders.True;
        }

        if (cursor is { } number)
        {
            headers[HeaderNames.Cursor] = number.ToString(CultureInfo.InvariantCulture);
        }

        if (read.Start.Kind != StartKind.Now)
        {
            var tag = EntityTag.Of(batch.From, batch.Next, batch.UpToDate, batch.AtEnd, read.Query.Envelope);
            headers.ETag = tag;
            if (EntityTag.Matches(read.Context.Request.Headers.IfNoneMatch, tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
        }

        headers.ContentType = batch.Descriptor.ContentType.Original;
        response.ContentLength = length;
        await AnswerWriter.WriteAsync(
            response.BodyWriter, batch, batch.Descriptor.ContentType.Kind, sliceBytes, read.Context.RequestAborted, read.Query.Envelope);
    }

    private StringValues CacheControl(ReadOperation read, ReadOutcome.Batch batch, bool isLongPoll)
    {
        if (read.Start.Kind == StartKind.Now || options.Caching == CachePolicy.NoStore)
        {
            return ResponseHeaders.NoStore;
        }

        // "The last N" moves with the tail, and so does an answer that reaches it: the next request must see an append.
        if (read.Start.Kind != StartKind.Last && !batch.UpToDate && IsFull(batch, read.Query.Limit))
        {
            return Keep(ResponseHeaders.MaxAgeSeconds, batch);
        }

        // Waiters with one URL collapse in a shared cache; the cursor of their next requests is a different one.
        return isLongPoll && read.Query.Cursor is not null && options.Caching == CachePolicy.Public
            ? Keep(ResponseHeaders.SharedSeconds, batch)
            : ResponseHeaders.NoCache;
    }

    private StringValues Keep(int seconds, ReadOutcome.Batch batch) =>
        ResponseHeaders.CacheData(options.Caching, seconds, batch.Descriptor.Deadline, time.GetUtcNow());

    /// <summary>
    /// Whether the answer's limits ended it. The size of the event that did not fit is not known here, so half of the byte
    /// limit counts; below it the answer is revalidated.
    /// </summary>
    private static bool IsFull(ReadOutcome.Batch batch, int limit)
    {
        long bytes = 0;
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            bytes += batch.Slices[i].PayloadBytes;
        }

        return batch.Next.Sequence - batch.From.Sequence >= limit || bytes >= ProtocolLimits.MaxReadAnswerBytes / 2;
    }
}
