using EventCluster.Edge.Http;
using EventCluster.Orleans.Rebalancing;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Silo.Hosting;

/// <summary><c>POST /v1/admin/balance</c>: this silo hands streams over without rests until all are level; for this machine only.</summary>
internal sealed class BalanceEndpoint(IBalance balance)
{
    private const string Path = "/v1/admin/balance";

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!RawPath.Is(context, Path))
        {
            return next(context);
        }

        if (!OwnMachine.Is(context.Connection))
        {
            return ProblemResponse.WriteAsync(
                context, 403, ErrorCode.LoopbackOnly, "Admin endpoints answer only clients on the same machine.");
        }

        if (!HttpMethods.IsPost(context.Request.Method))
        {
            context.Response.Headers.Allow = "POST";
            return ProblemResponse.WriteAsync(context, 405, ErrorCode.MethodNotAllowed, "Balancing answers POST.");
        }

        balance.Hurry();
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return Task.CompletedTask;
    }
}
