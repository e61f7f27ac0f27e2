using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Streams;

/// <summary>HEAD: what the stream is, without reading it (Durable Streams 5.5).</summary>
internal sealed class DescribeHandler(IStreamDirectory directory, FeedDirectory feeds)
{
    public async Task InvokeAsync(HttpContext context, StreamName name)
    {
        var outcome = await directory.GetStream(name).DescribeAsync(context.RequestAborted);
        feeds.OnSeen(name, outcome);
        if (ErrorResponses.Of(outcome, name) is { } fault)
        {
            await ProblemResponse.WriteAsync(context, fault);
            return;
        }

        var headers = context.Response.Headers;
        ResponseHeaders.SetDescription(headers, ((DescribeOutcome.Found)outcome).Descriptor);
        headers.CacheControl = ResponseHeaders.NoStore;
    }
}
