using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Streams;

/// <summary>The resource behind <c>/v1/stream/{name}</c>: one handler per method, and what a surprise answers.</summary>
internal sealed partial class StreamEndpoint(
    ReadHandler read,
    AppendHandler append,
    CreateHandler create,
    DescribeHandler describe,
    DeleteHandler delete,
    ILogger<StreamEndpoint> logger)
{
    public const string Methods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";

    public async Task InvokeAsync(HttpContext context, StreamName name)
    {
        try
        {
            await DispatchAsync(context, name);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left; there is nobody to answer.
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, new RequestFault(e.StatusCode, CodeOf(e.StatusCode), e.Message));
        }
        catch (IOException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The connection broke while the body was read; nothing was appended.
        }
        catch (Exception e)
        {
            LogFault(logger, e, context.Request.Method, name);
            await AnswerAsync(context, new RequestFault(500, ErrorCode.Internal, "The server failed; its log has more."));
        }
    }

    private Task DispatchAsync(HttpContext context, StreamName name)
    {
        var method = context.Request.Method;
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

    private static Task AnswerAsync(HttpContext context, RequestFault fault)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        // Headers set before the surprise describe an answer that is not given.
        var cors = EdgeHeaders.Keep(context.Response.Headers);
        context.Response.Clear();
        EdgeHeaders.Restore(context.Response.Headers, cors);
        return ProblemResponse.WriteAsync(context, fault);
    }

    private static ErrorCode CodeOf(int status) => status switch
    {
        413 => ErrorCode.TooLarge,
        431 => ErrorCode.HeadersTooLarge,
        _ => ErrorCode.BadRequest,
    };
}
