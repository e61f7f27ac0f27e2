using System.Text;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;

namespace EventCluster.Edge.Admin;

/// <summary><c>/healthz</c>: the process answers. <c>/readyz</c>: the store accepts writes, every background part
/// runs, and the server is not stopping.</summary>
internal sealed class HealthEndpoint(
    IStreamDirectory directory, IEnumerable<IBackgroundPart> parts, IHostApplicationLifetime lifetime)
{
    private static readonly byte[] Ok = Encoding.UTF8.GetBytes("ok\n");

    public Task InvokeAsync(HttpContext context, bool readiness)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET, HEAD";
            return ProblemResponse.WriteAsync(context, 405, ErrorCode.MethodNotAllowed, "Health answers GET, HEAD.");
        }

        if (readiness && ReasonNotReady() is { } reason)
        {
            return ProblemResponse.WriteAsync(context, 503, ErrorCode.Unavailable, reason);
        }

        var response = context.Response;
        response.Headers.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = ResponseHeaders.NoStore;
        response.ContentLength = Ok.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(Ok, context.RequestAborted).AsTask();
    }

    private string? ReasonNotReady()
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return "The server is stopping.";
        }

        return directory.Health.NotReadyReason ?? FaultOfAPart();
    }

    private string? FaultOfAPart()
    {
        foreach (var part in parts)
        {
            if (part.Fault is { } fault)
            {
                return fault;
            }
        }

        return null;
    }
}
