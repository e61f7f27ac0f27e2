using System.Diagnostics.CodeAnalysis;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Http;
using EventCluster.Edge.Memory;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Streams;

/// <summary>PUT: create, also as a fork, or confirm (Durable Streams 5.1 and 4.2).</summary>
internal sealed class CreateHandler(
    IStreamDirectory directory,
    FeedDirectory feeds,
    MissingStreams missing,
    InboundMemory memory,
    IOptions<EdgeOptions> options,
    TimeProvider time)
{
    private readonly StringValues _durability = ResponseHeaders.DurabilityOf(directory.Durability);

    public async Task InvokeAsync(HttpContext context, StreamName name)
    {
        var headers = context.Request.Headers;
        if (!HeaderFields.TryContentType(headers, out var contentType, out var fault)
            || !HeaderFields.TryExpiry(headers, out var ttl, out var expiresAt, out fault)
            || !HasFuture(ttl, expiresAt, out fault)
            || !HeaderFields.TryRetention(headers, out var retention, out fault)
            || !HeaderFields.TryFork(headers, out var fork, out fault)
            || (fault = HeaderFields.MisplacedInCreate(headers)) is not null)
        {
            await ProblemResponse.WriteAsync(context, fault);
            return;
        }

        if (contentType is { } type && RequestRules.CheckType(type) is { } form)
        {
            await ProblemResponse.WriteAsync(context, FormFault(context, name, form));
            return;
        }

        CreateOutcome outcome;
        var (body, bodyFault, held) = await RequestBody.ReadAsync(context, options.Value.MaxBodyBytes, memory.Bodies);
        try
        {
            if (bodyFault is not null)
            {
                await ProblemResponse.WriteAsync(context, bodyFault);
                return;
            }

            var answer = new AnswerTime(time);
            IReadOnlyList<ReadOnlyMemory<byte>>? events = [];
            if (body.Length > 0)
            {
                var (kind, kindFault) = await KindAsync(contentType, fork, answer, context.RequestAborted);
                fault = kindFault;
                if (fault is not null || !EventSplitter.TrySplit(body, kind, out events, out fault))
                {
                    await ProblemResponse.WriteAsync(context, fault);
                    return;
                }
            }

            var request = new CreateRequest
            {
                ContentType = contentType,
                TtlSeconds = ttl,
                ExpiresAt = expiresAt,
                Retention = retention,
                Events = events,
                Close = HeaderFields.IsClosed(headers),
                Fork = fork,
            };
            outcome = await directory.GetStream(name).Within(answer).CreateAsync(request, CancellationToken.None);
        }
        finally
        {
            // The commit is settled: neither the owner nor the store holds anything of the body any more.
            held.Release();
        }

        await AnswerAsync(context, name, outcome);
    }

    /// <summary>With what helps who uses HTTP by hand.</summary>
    private static RequestFault FormFault(HttpContext context, StreamName name, Refusal refusal) => ErrorResponses.Of(refusal) with
    {
        Detail = $"{refusal.Detail} It is also what curl -d sends by itself; for example: curl -X PUT "
            + $"'{context.Request.Scheme}://{context.Request.Headers.Host}{StreamPaths.Prefix}{name.ToUrlPath()}' "
            + "-H 'Content-Type: application/json' -d '[]'",
    };

    private bool HasFuture(long? ttlSeconds, DateTimeOffset? expiresAt, [NotNullWhen(false)] out RequestFault? fault)
    {
        fault = RequestRules.CheckLifetime(ttlSeconds, expiresAt, time.GetUtcNow()) is { } refusal ? ErrorResponses.Of(refusal) : null;
        return fault is null;
    }

    /// <summary>A fork without a content type inherits its source's, which also says how to split the body.</summary>
    private async ValueTask<(PayloadKind Kind, RequestFault? Fault)> KindAsync(
        StreamContentType? contentType, ForkSpec? fork, AnswerTime answer, CancellationToken cancellationToken)
    {
        if (contentType is null && fork is not null)
        {
            switch (await directory.GetStream(fork.Source).Within(answer).DescribeAsync(cancellationToken))
            {
                case DescribeOutcome.Found source:
                    return (source.Descriptor.ContentType.Kind, null);
                case DescribeOutcome.Unavailable now:
                    // Without the source's type the body could be split in the wrong way, and nobody would look again.
                    return (default, ErrorResponses.OfUnavailable(now.Reason, now.Detail));
            }
        }

        return ((contentType ?? StreamContentType.Default).Kind, null);
    }

    private Task AnswerAsync(HttpContext context, StreamName name, CreateOutcome outcome)
    {
        if (ErrorResponses.Of(outcome, name) is { } fault)
        {
            return ProblemResponse.WriteAsync(context, fault);
        }

        var response = context.Response;
        if (outcome is CreateOutcome.Created created)
        {
            response.StatusCode = StatusCodes.Status201Created;
            response.Headers.Location =
                $"{context.Request.Scheme}://{context.Request.Headers.Host}{StreamPaths.Prefix}{name.ToUrlPath()}";
            feeds.OnSeen(created.Descriptor);
            missing.OnCreated(name);
            ResponseHeaders.SetDescription(response.Headers, created.Descriptor);
        }
        else
        {
            ResponseHeaders.SetDescription(response.Headers, ((CreateOutcome.Exists)outcome).Descriptor);
        }

        response.Headers[HeaderNames.Durability] = _durability;
        response.Headers.CacheControl = ResponseHeaders.NoStore;
        response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
