using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Streams;

/// <summary>The resource behind <c>/v1/stream/{name}</c>: one handler per method.</summary>
internal sealed class StreamEndpoint(
    ReadHandler read,
    AppendHandler append,
    CreateHandler create,
    DescribeHandler describe,
    DeleteHandler delete)
{
    public const string Methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

    public Task InvokeAsync(HttpContext context, StreamName name)
    {
        var method = context.Request.Method;
        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && HeaderFields.Unheeded(context.Request.Headers) is { } unheeded)
        {
            return ProblemResponse.WriteAsync(context, unheeded);
        }

        if (HttpMethods.IsPost(method))
        {
            return append.InvokeAsync(context, name);
        }

        if (HttpMethods.IsGet(method))
        {
            return read.InvokeAsync(context, name);
        }

        if (HttpMethods.IsPut(method))
        {
            return create.InvokeAsync(context, name);
        }

        if (HttpMethods.IsHead(method))
        {
            return describe.InvokeAsync(context, name);
        }

        if (HttpMethods.IsDelete(method))
        {
            return delete.InvokeAsync(context, name);
        }

        context.Response.Headers.Allow = Methods;
        return ProblemResponse.WriteAsync(
            context, 405, ErrorCode.MethodNotAllowed, $"A stream answers {Methods}.");
    }
}
