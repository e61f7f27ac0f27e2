using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Edge.Http;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Silo.Hosting;

/// <summary>What a silo without clients answers: probes, and to anything else where clients should go.</summary>
internal sealed class BacklogEndpoint(ILogStore store, IEnumerable<IBackgroundPart> parts, IHostApplicationLifetime lifetime)
{
    public Task InvokeAsync(HttpContext context)
    {
        var isReadiness = RawPath.Is(context, "/readyz");
        if (!isReadiness && !RawPath.Is(context, "/healthz"))
        {
            return ProblemResponse.WriteAsync(
                context, 404, ErrorCode.NoSuchPath, "This node hosts streams and serves no clients; ask an edge or the load balancer.");
        }

        if (isReadiness && ReasonNotReady() is { } reason)
        {
            return ProblemResponse.WriteAsync(context, 503, ErrorCode.Unavailable, reason);
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync("ok\n", context.RequestAborted);
    }

    private string? ReasonNotReady() => lifetime.ApplicationStopping.IsCancellationRequested
        ? "The silo is stopping."
        : store.Health.NotReadyReason ?? parts.Select(static part => part.Fault).FirstOrDefault(static fault => fault is not null);
}
