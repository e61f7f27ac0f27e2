using EventCluster.Edge;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the HTTP surface into a pipeline.</summary>
public static class EdgeApplicationBuilderExtensions
{
    /// <summary>
    /// Serves <c>/v1/stream/…</c>, <c>/v1/admin/streams</c>, <c>/healthz</c> and <c>/readyz</c>; checks <c>Host</c> and
    /// <c>Origin</c> and sets security headers for everything; turns a 404 or 405 of later middleware into problem details.
    /// </summary>
    public static IApplicationBuilder UseEventClusterEdge(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var edge = app.ApplicationServices.GetRequiredService<EdgeMiddleware>();
        return app.Use(next => context => edge.InvokeAsync(context, next));
    }
}
