using System.Security.Cryptography;
using EventCluster.Edge.Http;
using EventCluster.Hosting.Configuration;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Hosting.Node;

/// <summary>
/// <c>POST /v1/admin/backup?to=FOLDER</c>: the running server writes a consistent copy of its store into a new folder.
/// Asked for by <c>--backup</c>, which finds address and token in the <see cref="ControlFile"/>.
/// </summary>
internal sealed class BackupEndpoint(EventClusterNode node, EventClusterOptions options) : IDisposable
{
    /// <summary>Where it is.</summary>
    public const string Address = "/v1/admin/backup";

    /// <summary>Header that carries the token.</summary>
    public const string TokenHeader = "EventCluster-Control-Token";

    private ControlFile? _control;

    /// <summary>Leaves address and token beside the data and starts to accept requests that bring the token.</summary>
    public void Open(string url)
    {
        if (options.Store == StoreKind.LocalDisk)
        {
            _control = ControlFile.Create(url, url.StartsWith("https:", StringComparison.Ordinal) ? Fingerprint() : null);
            _control.Write(options.DataPath);
        }
    }

    /// <summary>Removes address and token.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _control, null) is not null)
        {
            ControlFile.Delete(options.DataPath);
        }
    }

    /// <summary>Answers a request for <see cref="Address"/>; passes on any other.</summary>
    public Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        context.Request.Path.Value is Address && HttpMethods.IsPost(context.Request.Method) ? BackupAsync(context) : next(context);

    private string Fingerprint()
    {
        using var certificate = ServerCertificate.Load(options.Tls);
        return certificate.GetCertHashString(HashAlgorithmName.SHA256);
    }

    private async Task BackupAsync(HttpContext context)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
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

        var folder = context.Request.Query["to"].ToString();
        try
        {
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
