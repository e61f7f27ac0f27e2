using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Streams;

/// <summary>DELETE (Durable Streams 5.4).</summary>
internal sealed class DeleteHandler(IStreamDirectory directory, FeedDirectory feeds)
{
    public async Task InvokeAsync(HttpContext context, StreamName name)
    {
        var outcome = await directory.GetStream(name).DeleteAsync(CancellationToken.None);
        if (ErrorResponses.Of(outcome, name) is { } fault)
        {
            await ProblemResponse.WriteAsync(context, fault);
            return;
        }

        feeds.OnDeleted(name);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.CacheControl = ResponseHeaders.NoStore;
    }
}
