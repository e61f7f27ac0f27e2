using System.Globalization;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Http;
using EventCluster.Edge.Memory;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Streams;

/// <summary>POST: append, close, or both (Durable Streams 5.2 and 5.3); without a body also retention and trim.</summary>
internal sealed class AppendHandler(
    IStreamDirectory directory, FeedDirectory feeds, InboundMemory memory, IOptions<EdgeOptions> options)
{
    private readonly StringValues _durability = ResponseHeaders.DurabilityOf(directory.Durability);
    private readonly MaintenanceHandler _maintenance = new(directory, feeds);

    public async Task InvokeAsync(HttpContext context, StreamName name)
    {
        AppendRequest? request;
        AppendOutcome outcome;
        var (body, fault, held) = await RequestBody.ReadAsync(context, options.Value.MaxBodyBytes, memory.Bodies);
        try
        {
            if (fault is not null)
            {
                await ProblemResponse.WriteAsync(context, fault);
                return;
            }

            var headers = context.Request.Headers;
            if (MaintenanceHandler.IsMeant(headers))
            {
                await _maintenance.InvokeAsync(context, name, body);
                return;
            }

            if (!TryBuild(headers, body, out request, out fault))
            {
                await ProblemResponse.WriteAsync(context, fault!);
                return;
            }

            // Not cancelled with the client: what was sent whole is decided whole, and a retry finds it.
            outcome = await directory.GetStream(name).AppendAsync(request!, CancellationToken.None);
        }
        finally
        {
            // The commit is settled: neither the owner nor the store holds anything of the body any more.
            held.Release();
        }

        feeds.OnSeen(name, outcome);
        await AnswerAsync(context, name, request!, outcome);
    }

    private static bool TryBuild(IHeaderDictionary headers, byte[] body, out AppendRequest? request, out RequestFault? fault)
    {
        request = null;
        var close = HeaderFields.IsClosed(headers);
        if (body.Length == 0 && !close)
        {
            fault = new RequestFault(
                400, ErrorCode.EmptyBody, "The body is empty; send events, or Stream-Closed: true to close the stream.");
            return false;
        }

        if (!HeaderFields.TryProducer(headers, out var producer, out fault)
            || !HeaderFields.TryStreamSeq(headers, out var streamSeq, out fault)
            || !HeaderFields.TryPosition(headers, HeaderNames.ExpectedOffset, out var expected, out fault)
            || (fault = HeaderFields.MisplacedInAppend(headers)) is not null)
        {
            return false;
        }

        StreamContentType? contentType = null;
        IReadOnlyList<ReadOnlyMemory<byte>>? events = [];
        if (body.Length > 0 && !TryEvents(headers, body, out contentType, out events, out fault))
        {
            return false;
        }

        request = new AppendRequest
        {
            ContentType = contentType,
            Events = events!,
            Close = close,
            Producer = producer,
            StreamSeq = streamSeq,
            ExpectedOffset = expected,
        };
        return true;
    }

    private static bool TryEvents(
        IHeaderDictionary headers,
        byte[] body,
        out StreamContentType? contentType,
        out IReadOnlyList<ReadOnlyMemory<byte>>? events,
        out RequestFault? fault)
    {
        events = null;
        if (!HeaderFields.TryContentType(headers, out contentType, out fault))
        {
            return false;
        }

        if (contentType is null)
        {
            fault = RequestFault.BadRequest("A body needs the Content-Type of its stream.");
            return false;
        }

        if (!EventSplitter.TrySplit(body, contentType.Value.Kind, out events, out fault))
        {
            return false;
        }

        fault = events.Count == 0
            ? new RequestFault(400, ErrorCode.EmptyBody, "The JSON array is empty; an append needs at least one event.")
            : null;
        return fault is null;
    }

    private Task AnswerAsync(HttpContext context, StreamName name, AppendRequest request, AppendOutcome outcome)
    {
        var response = context.Response;
        var headers = response.Headers;
        switch (outcome)
        {
            case AppendOutcome.Appended appended:
                SetTail(headers, appended.Next, appended.Closed);
                EdgeHeaders.OmitContentPolicy(headers);
                response.StatusCode = StatusCodes.Status204NoContent;
                if (request.Producer is { } producer)
                {
                    SetProducer(headers, producer.Epoch, producer.Sequence);
                    if (request.Events.Count > 0)
                    {
                        response.StatusCode = StatusCodes.Status200OK;
                        response.ContentLength = 0;
                    }
                }

                return Task.CompletedTask;
            case AppendOutcome.Duplicate duplicate:
                response.StatusCode = StatusCodes.Status204NoContent;
                SetTail(headers, duplicate.Tail, duplicate.Closed);
                SetProducer(headers, duplicate.Epoch, duplicate.HighestSequence);
                return Task.CompletedTask;
            case AppendOutcome.AlreadyClosed closed:
                response.StatusCode = StatusCodes.Status204NoContent;
                SetTail(headers, closed.Tail, closed: true);
                return Task.CompletedTask;
            default:
                return ProblemResponse.WriteAsync(context, WithHint(ErrorResponses.Of(outcome, name)!, outcome));
        }
    }

    /// <summary>What helps who uses HTTP by hand.</summary>
    private static RequestFault WithHint(RequestFault fault, AppendOutcome outcome) => outcome is AppendOutcome.ContentTypeMismatch
        ? fault with { Detail = $"{fault.Detail} It is the Content-Type header (curl -d alone sends another one)." }
        : fault;

    private void SetTail(IHeaderDictionary headers, StreamOffset tail, bool closed)
    {
        headers[HeaderNames.NextOffset] = tail.ToString();
        headers[HeaderNames.Durability] = _durability;
        headers.CacheControl = ResponseHeaders.NoStore;
        if (closed)
        {
            headers[HeaderNames.Closed] = ResponseHeaders.True;
        }
    }

    private static void SetProducer(IHeaderDictionary headers, long epoch, long sequence)
    {
        headers[HeaderNames.ProducerEpoch] = epoch.ToString(CultureInfo.InvariantCulture);
        headers[HeaderNames.ProducerSeq] = sequence.ToString(CultureInfo.InvariantCulture);
    }
}
