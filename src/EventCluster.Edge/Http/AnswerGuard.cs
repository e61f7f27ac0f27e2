using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Reading;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Http;

/// <summary>What a surprise answers: problem details while nothing is sent, else a cut connection; never silence.</summary>
internal sealed partial class AnswerGuard(DamageLog damage, ILogger<AnswerGuard> logger)
{
    /// <summary>Waits for an answer that is under way.</summary>
    public async Task RunAsync(HttpContext context, Task answer)
    {
        try
        {
            await answer;
        }
        catch (OperationCanceledException e) when (
            context.RequestAborted.IsCancellationRequested || e is ConnectionAbortedException || e.InnerException is ConnectionAbortedException)
        {
            // The client left, or its connection was cut because the time for a stop is over; there is nobody to answer.
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, new RequestFault(e.StatusCode, CodeOf(e.StatusCode), e.Message), endConnection: true);
        }
        catch (ConnectionResetException)
        {
            // The connection broke while the body was read; nothing was appended. Aborting spares Kestrel from draining it.
            context.Abort();
        }
        catch (LogDamagedException e)
        {
            damage.TryReport(logger, e);
            await AnswerAsync(context, new RequestFault(
                500, ErrorCode.DataDamaged,
                "Stored events of this stream are damaged or missing; the server's log names the place."));
        }
        catch (StoreUnreachableException e)
        {
            await AnswerAsync(context, ErrorResponses.OfUnavailable(UnavailableReason.StoreUnreachable, e.Message));
        }
        catch (Exception e)
        {
            LogFault(logger, e, context.Request.Method, context.Request.Path);
            await AnswerAsync(context, new RequestFault(500, ErrorCode.Internal, "The server failed; its log has more."));
        }
    }

    private static Task AnswerAsync(HttpContext context, RequestFault fault, bool endConnection = false)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        // Headers set before the surprise describe an answer that is not given.
        var kept = EdgeHeaders.Keep(context.Response.Headers);
        context.Response.Clear();
        EdgeHeaders.Restore(context.Response.Headers, kept);
        if (endConnection && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            // Where the next request would begin is not known any more.
            context.Response.Headers.Connection = "close";
        }

        return ProblemResponse.WriteAsync(context, fault);
    }

    private static ErrorCode CodeOf(int status) => status switch
    {
        413 => ErrorCode.TooLarge,
        431 => ErrorCode.HeadersTooLarge,
        _ => ErrorCode.BadRequest,
    };
}
