using System.Globalization;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Feeds;
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
        var length = AnswerWriter.LengthOf(batch, kind);
        var sliceBytes = HttpProtocol.IsHttp2(read.Context.Request.Protocol)
            ? EdgeLimits.Http2SliceBytes
            : EdgeLimits.AnswerFlushBytes;

        // An answer of one slice is written at once and keeps nothing afterwards.
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
        headers.CacheControl = CacheControl(read.Start.Kind, batch);
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
            var tag = EntityTag.Of(batch.From, batch.Next, batch.AtEnd);
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
            response.BodyWriter, batch, batch.Descriptor.ContentType.Kind, sliceBytes, read.Context.RequestAborted);
    }

    private StringValues CacheControl(StartKind start, ReadOutcome.Batch batch)
    {
        if (start == StartKind.Now || options.Caching == CachePolicy.NoStore)
        {
            return ResponseHeaders.NoStore;
        }

        // "The last N" moves with the tail, so it is only ever kept for revalidation, like an empty answer.
        return batch.Slices.Count == 0 || start == StartKind.Last
            ? ResponseHeaders.NoCache
            : ResponseHeaders.CacheData(options.Caching, batch.Descriptor.Deadline, time.GetUtcNow());
    }
}
