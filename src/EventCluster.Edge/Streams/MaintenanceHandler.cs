using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Streams;

/// <summary>POST without a body: <c>Stream-Trim-Before</c>, or <c>Stream-Retain-*</c>; one of the two at a time.</summary>
internal sealed class MaintenanceHandler(IStreamDirectory directory, FeedDirectory feeds)
{
    public static bool IsMeant(IHeaderDictionary headers) =>
        headers.ContainsKey(HeaderNames.TrimBefore) || headers.ContainsKey(HeaderNames.RetainEvents)
        || headers.ContainsKey(HeaderNames.RetainBytes) || headers.ContainsKey(HeaderNames.RetainAge);

    public async Task InvokeAsync(HttpContext context, StreamName name, byte[] body)
    {
        var headers = context.Request.Headers;
        if (!HeaderFields.TryPosition(headers, HeaderNames.TrimBefore, out var before, out var fault)
            || !HeaderFields.TryRetention(headers, out var retention, out fault)
            || (fault = HeaderFields.MisplacedInMaintenance(headers) ?? HeaderFields.MisplacedInAppend(headers)) is not null)
        {
            await ProblemResponse.WriteAsync(context, fault);
            return;
        }

        if (body.Length > 0 || HeaderFields.IsClosed(headers) || (before is not null && !retention.IsEmpty))
        {
            await ProblemResponse.WriteAsync(context, RequestFault.BadRequest(
                "Stream-Trim-Before and Stream-Retain-* come alone: on a POST without body and without Stream-Closed."));
            return;
        }

        var stream = directory.GetStream(name);
        if (before is { } position)
        {
            var outcome = await stream.TrimAsync(position, CancellationToken.None);
            await AnswerAsync(context, ErrorResponses.Of(outcome, name), (outcome as TrimOutcome.Trimmed)?.Descriptor);
        }
        else
        {
            var outcome = await stream.ConfigureAsync(retention, CancellationToken.None);
            await AnswerAsync(context, ErrorResponses.Of(outcome, name), (outcome as ConfigureOutcome.Configured)?.Descriptor);
        }
    }

    private Task AnswerAsync(HttpContext context, RequestFault? fault, StreamDescriptor? stream)
    {
        if (fault is not null || stream is null)
        {
            return ProblemResponse.WriteAsync(context, fault!);
        }

        feeds.OnSeen(stream);
        var headers = context.Response.Headers;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers[HeaderNames.EarliestOffset] = stream.Earliest.ToString();
        headers[HeaderNames.NextOffset] = stream.Tail.ToString();
        headers.CacheControl = ResponseHeaders.NoStore;
        return Task.CompletedTask;
    }
}
