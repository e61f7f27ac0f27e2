using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Http;

/// <summary>
/// Which pages may read answers (CORS) and change streams. A browser sends a simple POST of a foreign page without asking
/// first, so <c>Origin</c> is checked here, not only announced.
/// </summary>
internal sealed class OriginPolicy
{
    private const string PortWildcard = ":*";

    private static readonly StringValues AllowedMethods = "GET, HEAD, POST, PUT, DELETE";
    private static readonly StringValues AllowedHeaders = string.Join(
        ", ",
        "Content-Type", "Authorization", "If-None-Match", "Last-Event-ID", "Cache-Control", Protocol.HeaderNames.StreamSeq,
        Protocol.HeaderNames.Ttl, Protocol.HeaderNames.ExpiresAt, Protocol.HeaderNames.Closed, Protocol.HeaderNames.ProducerId,
        Protocol.HeaderNames.ProducerEpoch, Protocol.HeaderNames.ProducerSeq, Protocol.HeaderNames.ForkedFrom,
        Protocol.HeaderNames.ForkOffset, Protocol.HeaderNames.ForkSubOffset, Protocol.HeaderNames.RetainEvents,
        Protocol.HeaderNames.RetainBytes, Protocol.HeaderNames.RetainAge, Protocol.HeaderNames.TrimBefore,
        Protocol.HeaderNames.ExpectedOffset, "X-Requested-With", "X-SignalR-User-Agent");

    /// <summary>
    /// All of them: answers never allow credentials, so the wildcard counts, and naming them would double a small answer.
    /// </summary>
    private static readonly StringValues ExposedHeaders = "*";

    private readonly bool _any;
    private readonly string[] _exact;
    private readonly string[] _anyPort;

    public OriginPolicy(IReadOnlyList<string> allowed)
    {
        _any = allowed.Contains("*");
        _exact = [.. allowed.Where(origin => !origin.EndsWith(PortWildcard, StringComparison.Ordinal))];
        _anyPort = [.. allowed
            .Where(origin => origin.EndsWith(PortWildcard, StringComparison.Ordinal))
            .Select(origin => origin[..^PortWildcard.Length])];
    }

    /// <summary>Whether pages of every origin may.</summary>
    public bool AllowsAny => _any;

    /// <summary>Whether a page of this origin may read and change streams.</summary>
    /// <param name="origin">The <c>Origin</c> header.</param>
    /// <param name="host">The <c>Host</c> header: pages of this server itself may always.</param>
    public bool Allows(string origin, string? host)
    {
        if (_any || IsSameOrigin(origin, host))
        {
            return true;
        }

        foreach (var exact in _exact)
        {
            if (string.Equals(origin, exact, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        foreach (var prefix in _anyPort)
        {
            if (origin.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && IsPort(origin.AsSpan(prefix.Length)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Sets what lets an allowed page read the answer.</summary>
    public static void SetAnswer(IHeaderDictionary headers, StringValues origin)
    {
        headers.AccessControlAllowOrigin = origin;
        headers.AccessControlExposeHeaders = ExposedHeaders;
    }

    /// <summary>Answers a preflight: what is possible, for every origin; who may, in the origin header.</summary>
    public static void AnswerPreflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.AccessControlAllowMethods = AllowedMethods;
        headers.AccessControlAllowHeaders = AllowedHeaders;
        headers.AccessControlMaxAge = "600";
        headers.Vary = "Origin";
        headers.CacheControl = ResponseHeaders.NoStore;
        if (context.Request.Headers.ContainsKey("Access-Control-Request-Private-Network")
            && headers.AccessControlAllowOrigin.Count > 0)
        {
            headers["Access-Control-Allow-Private-Network"] = ResponseHeaders.True;
        }
    }

    private static bool IsSameOrigin(string origin, string? host)
    {
        var authority = origin.IndexOf("://", StringComparison.Ordinal);
        return authority > 0 && !string.IsNullOrEmpty(host)
            && origin.AsSpan(authority + 3).Equals(host, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsPort(ReadOnlySpan<char> rest) =>
        rest.IsEmpty || (rest[0] == ':' && rest.Length is > 1 and <= 6 && !rest[1..].ContainsAnyExceptInRange('0', '9'));
}
