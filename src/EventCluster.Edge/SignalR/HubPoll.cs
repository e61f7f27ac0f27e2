using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// A client's poll: the answer ends where a message of SignalR does (<see cref="HubRecords"/>). SignalR answers a poll with what
/// waits in its pipe; where that ends inside a message it is polled again for the same answer.
/// </summary>
internal static class HubPoll
{
    /// <summary>Answers a poll.</summary>
    public static async Task RunAsync(HttpContext context, RequestDelegate hub)
    {
        var body = new Body(context.Response);
        context.Response.Body = body;
        await hub(context);
        while (!body.IsWhole && !context.RequestAborted.IsCancellationRequested)
        {
            var next = Next(context, body);
            body.Poll = next.Response;
            await hub(next);
            if (next.Response.StatusCode != StatusCodes.Status200OK)
            {
                // The connection is over, or another poll of its client has the rest: nobody may take this for the whole.
                context.Abort();
                return;
            }
        }
    }

    /// <summary>The same request, with an answer whose head is dropped: the client has one already.</summary>
    private static DefaultHttpContext Next(HttpContext context, Stream body)
    {
        var features = new FeatureCollection(context.Features);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        return new DefaultHttpContext(features);
    }

    private sealed class Body(HttpResponse response) : HubBody(response.Body)
    {
        private bool _hasBegun;

        /// <summary>Whether nothing was written, or whole messages.</summary>
        public bool IsWhole { get; private set; } = true;

        /// <summary>What SignalR says of the poll that is answered; null for the first one.</summary>
        public HttpResponse? Poll { get; set; }

        /// <inheritdoc />
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if ((Poll ?? response).StatusCode != StatusCodes.Status200OK)
            {
                // A refusal, which is text: for the client if nothing went before.
                return _hasBegun ? default : Inner.WriteAsync(buffer, cancellationToken);
            }

            IsWhole = HubRecords.IsWhole(buffer.Span);
            if (!_hasBegun && (!IsWhole || response.ContentLength != buffer.Length))
            {
                // The length is that of the pipe, not of the answer.
                response.ContentLength = null;
            }

            _hasBegun = true;
            return Inner.WriteAsync(buffer, cancellationToken);
        }
    }
}
