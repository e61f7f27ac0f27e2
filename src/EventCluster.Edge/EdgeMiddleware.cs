using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge;

/// <summary>The entry of the HTTP surface: checks that hold for every request, then the resource.</summary>
internal sealed class EdgeMiddleware(IStreamDirectory directory)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (!context.Response.HasStarted && context.Response.StatusCode == StatusCodes.Status404NotFound)
        {
            await ProblemResponse.WriteAsync(
                context, 404, ErrorCode.NoSuchPath, $"Nothing is here (store: {directory.Durability}).");
        }
    }
}
