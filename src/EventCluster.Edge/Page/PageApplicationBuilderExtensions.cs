using EventCluster.Edge.Page;
using Microsoft.AspNetCore.Http;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts the page into a pipeline.</summary>
public static class PageApplicationBuilderExtensions
{
    /// <summary>Serves one static page at <c>/</c> that creates a stream, publishes, and shows live events.</summary>
    public static IApplicationBuilder UseEventClusterPage(this IApplicationBuilder app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var page = PageContent.Load();
        return app.Use(next => context => IsForPage(context.Request) ? AnswerAsync(context, page) : next(context));
    }

    private static bool IsForPage(HttpRequest request) =>
        request.Path.Value is "/" && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));

    private static async Task AnswerAsync(HttpContext context, PageContent page)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = page.SecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = "no-cache";
        headers.ETag = page.Tag;
        if (context.Request.Headers.IfNoneMatch == page.Tag)
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = page.Html.Length;
        if (HttpMethods.IsGet(context.Request.Method))
        {
            await context.Response.BodyWriter.WriteAsync(page.Html, context.RequestAborted);
        }
    }
}
