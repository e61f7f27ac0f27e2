using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Http;

/// <summary>
/// Tells an operator of pages that were refused, once per origin: a browser shows its user no reason, and the page cannot
/// read one.
/// </summary>
internal sealed partial class RefusedOrigins(ILogger<RefusedOrigins> logger)
{
    private readonly HashSet<string> _told = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _gate = new();
    private volatile bool _isFull;

    /// <summary>Notes that a page of an origin was refused.</summary>
    public void Note(string origin)
    {
        if (_isFull)
        {
            return;
        }

        origin = Shorten(origin);
        lock (_gate)
        {
            if (_isFull || !_told.Add(origin))
            {
                return;
            }

            _isFull = _told.Count >= EdgeLimits.MaxToldOrigins;
        }

        LogRefused(logger, origin, OriginPolicy.Option);
        if (_isFull)
        {
            LogFull(logger, EdgeLimits.MaxToldOrigins);
        }
    }

    /// <summary>The answer to a request of a page that is not allowed.</summary>
    public static Task RefuseAsync(HttpContext context, string origin) => ProblemResponse.WriteAsync(
        context, StatusCodes.Status403Forbidden, Protocol.ErrorCode.OriginNotAllowed,
        $"Pages of the origin '{Shorten(origin)}' may not use this server; {OriginPolicy.Option} lists the origins that may, for "
        + $"example: --{OriginPolicy.Option} https://app.example.com");

    /// <summary>An origin that fits a line, in printable ASCII.</summary>
    private static string Shorten(string origin)
    {
        var length = Math.Min(origin.Length, EdgeLimits.MaxToldOriginLength);
        return string.Create(length, origin, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
            }
        });
    }
}
