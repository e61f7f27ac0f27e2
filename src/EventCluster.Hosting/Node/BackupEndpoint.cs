using EventCluster.Edge.Connections;
using EventCluster.Edge.Http;
using EventCluster.Hosting.Configuration;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>
/// <c>POST /v1/admin/backup?to=FOLDER</c>: the running server writes a consistent copy of its store into a new folder.
/// Asked for by <c>--backup</c>, which finds address and token in the <see cref="ControlFile"/>.
/// </summary>
internal sealed partial class BackupEndpoint(
    EventClusterNode node, EventClusterOptions options, ServerCertificates certificates, ILogger<BackupEndpoint> logger) : IDisposable
{
    /// <summary>Where it is.</summary>
    public const string Address = "/v1/admin/backup";

    /// <summary>Header that carries the token.</summary>
    public const string TokenHeader = "EventCluster-Control-Token";

    private ControlFile? _control;

    /// <summary>Leaves address and token beside the data and starts to accept requests that bring the token.</summary>
    public void Open(string url)
    {
        if (options.Store != StoreKind.LocalDisk)
        {
            return;
        }

        Write(url);
        certificates.Changed += () =>
        {
            if (_control is not null)
            {
                Write(url);
            }
        };
    }

    /// <summary>Removes address and token.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _control, null) is not null)
        {
            try
            {
                ControlFile.Delete(options.DataPath);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A stop goes on; the next start writes another one over it.
                LogNoControlFile(logger, e.Message);
            }
        }
    }

    /// <summary>Answers a request for <see cref="Address"/>; passes on any other.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        RawPath.Is(context, Address) && HttpMethods.IsPost(context.Request.Method) ? BackupAsync(context) : next(context);

    /// <summary>A disk without room for it must not keep a server from serving: on a full one deletes are what helps.</summary>
    private void Write(string url)
    {
        _control = ControlFile.Create(url, url.StartsWith("https:", StringComparison.Ordinal) ? certificates.Fingerprint : null);
        try
        {
            _control.Write(options.DataPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNoControlFile(logger, e.Message);
        }
    }

    [LoggerMessage(4036, LogLevel.Warning, "The control file could not be written or deleted, so --backup cannot reach this server: {Reason}")]
    private static partial void LogNoControlFile(ILogger logger, string reason);

    private async Task BackupAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        _ = ReservedConnection.Serve(context);
        if (await RunAsync(context) is var (status, code, detail))
        {
            await ProblemResponse.WriteAsync(context, status, code, detail);
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsync(context.Request.Query["to"].ToString(), context.RequestAborted);
    }

    private async Task<(int Status, ErrorCode Code, string Detail)?> RunAsync(HttpContext context)
    {
        if (_control?.Accepts(context.Request.Headers[TokenHeader]) != true)
        {
            return (
                StatusCodes.Status403Forbidden, ErrorCode.ControlToken,
                $"The control token is missing or wrong; the header {TokenHeader} carries the one of the data folder's {ControlFile.FileName}.");
        }

        if (RawPath.FaultOf(context) is { } fault)
        {
            return (StatusCodes.Status400BadRequest, ErrorCode.BadRequest, fault);
        }

        var folders = context.Request.Query["to"];
        if (folders.Count > 1)
        {
            return (StatusCodes.Status400BadRequest, ErrorCode.BadRequest, "to may occur once.");
        }

        var folder = folders.ToString();
        try
        {
            if (folder.Contains('\0', StringComparison.Ordinal))
            {
                return (StatusCodes.Status400BadRequest, ErrorCode.BadRequest, "The folder of to= has a character U+0000, which no path may have.");
            }

            if (folder.Length == 0 || node.BackupAsync(folder, context.RequestAborted) is not { } backup)
            {
                return (StatusCodes.Status400BadRequest, ErrorCode.BadRequest, "Backups need the embedded store and a folder.");
            }

            await backup;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (StatusCodes.Status409Conflict, ErrorCode.BackupFailed, e.Message);
        }
    }
}
