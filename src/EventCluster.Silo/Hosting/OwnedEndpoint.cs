using System.Text.Json;
using EventCluster.Core;
using EventCluster.Edge.Http;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Silo.Hosting;

/// <summary><c>GET /v1/admin/owned</c>: the streams that this silo owns and has in memory, for this machine only.</summary>
internal sealed class OwnedEndpoint(LocalStreamDirectory directory)
{
    private const string Path = "/v1/admin/owned";

    /// <summary>Most names in the answer; the count is always of all.</summary>
    private const int MaxNames = 100_000;

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!RawPath.Is(context, Path))
        {
            return next(context);
        }

        return OwnMachine.Is(context.Connection)
            ? context.Response.WriteAsJsonAsync(
                new { count = directory.LoadedStreams, streams = directory.Loaded(MaxNames).Select(name => name.Value) },
                JsonSerializerOptions.Web, context.RequestAborted)
            : ProblemResponse.WriteAsync(
                context, 403, ErrorCode.LoopbackOnly, "Admin endpoints answer only clients on the same machine.");
    }
}
