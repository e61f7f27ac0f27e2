using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Http;

/// <summary>
/// Which pages may read answers (CORS) and change streams. A browser sends a simple POST of a foreign page without asking
/// first, so <c>Origin</c> is checked here, not only announced.
/// </summary>
internal sealed class OriginPolicy
{
    /// <summary>The option that lists the origins.</summary>
    public const string Option = "EventCluster:Cors:AllowedOrigins";

    private const string NoOrigin = "null";

    private static readonly StringValues AllowedMethods = "GET, HEAD, POST, PUT, DELETE";
    private static readonly StringValues AllowedHeaders = string.Join(
        ", ",
        "Content-Type", "Authorization", "If-None-Match", "Last-Event-ID", "Cache-Control", Protocol.HeaderNames.StreamSeq,
        Protocol.HeaderNames.Ttl, Protocol.HeaderNames.ExpiresAt, Protocol.HeaderNames.Closed, Protocol.HeaderNames.ProducerId,
        Protocol.HeaderNames.ProducerEpoch, Protocol.HeaderNames.ProducerSeq, Protocol.HeaderNames.ForkedFrom,
        Protocol.HeaderNames.ForkOffset, Protocol.HeaderNames.ForkSubOffset, Protocol.HeaderNames.RetainEvents,
        Protocol.HeaderNames.RetainBytes, Protocol.HeaderNames.RetainAge, Protocol.HeaderNames.TrimBefore,
        Protocol.HeaderNames.ExpectedOffset, "X-Requested-With", "X-SignalR-User-Agent");

    /// <summary>All of them: without credentials the wildcard counts, and naming them would double a small answer.</summary>
    private static readonly StringValues AnyExposed = "*";

    /// <summary>With credentials the wildcard is a header's name, so those of a read are named; the others keep the wildcard.</summary>
    private static readonly StringValues ReadExposed = string.Join(
        ", ",
        "*", "ETag", "Retry-After", Protocol.HeaderNames.NextOffset, Protocol.HeaderNames.EarliestOffset,
        Protocol.HeaderNames.UpToDate, Protocol.HeaderNames.Closed, Protocol.HeaderNames.Cursor,
        Protocol.HeaderNames.SseDataEncoding);

    /// <summary>Those of every other method.</summary>
    private static readonly StringValues OtherExposed = string.Join(
        ", ",
        "*", "Location", "Retry-After", Protocol.HeaderNames.NextOffset, Protocol.HeaderNames.EarliestOffset,
        Protocol.HeaderNames.Closed, Protocol.HeaderNames.Durability, Protocol.HeaderNames.Ttl, Protocol.HeaderNames.ExpiresAt,
        Protocol.HeaderNames.RetainEvents, Protocol.HeaderNames.RetainBytes, Protocol.HeaderNames.RetainAge,
        Protocol.HeaderNames.ProducerEpoch, Protocol.HeaderNames.ProducerSeq, Protocol.HeaderNames.ProducerExpectedSeq,
        Protocol.HeaderNames.ProducerReceivedSeq);

    private readonly bool _any;
    private readonly bool _none;
    private readonly OriginPattern[] _patterns;

    /// <summary>Entries that are no origins match nothing; the options' validator reports them at the start.</summary>
    public OriginPolicy(IReadOnlyList<string> allowed)
    {
        _any = allowed.Contains("*");
        _none = allowed.Contains(NoOrigin);
        _patterns = [.. allowed
            .Select(static entry => OriginPattern.TryParse(entry, out var pattern) ? pattern : null)
            .OfType<OriginPattern>()];
    }

    /// <summary>Whether a page of this origin may read and change streams.</summary>
    /// <param name="origin">The <c>Origin</c> header.</param>
    /// <param name="host">The <c>Host</c> header: pages of this server itself may always.</param>
    public bool Allows(string origin, string? host)
    {
        if (_any || IsSameOrigin(origin, host) || (_none && origin == NoOrigin))
        {
            return true;
        }

        foreach (var pattern in _patterns)
        {
            if (pattern.Matches(origin))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Sets what lets an allowed page read the answer, cookies and client certificates included where the origin is listed by
    /// name. Any page can make itself one of origin <c>null</c>, so that one is never trusted with them.
    /// </summary>
    public void SetAnswer(HttpContext context, StringValues origin)
    {
        var headers = context.Response.Headers;
        headers.AccessControlAllowOrigin = origin;
        if (_any || origin == NoOrigin)
        {
            headers.AccessControlExposeHeaders = AnyExposed;
            return;
        }

        var method = context.Request.Method;
        headers.AccessControlAllowCredentials = ResponseHeaders.True;
        headers.AccessControlExposeHeaders = HttpMethods.IsGet(method) ? ReadExposed : OtherExposed;
    }

    /// <summary>
    /// Answers a preflight: what is possible, for every origin; who may, in the origin header. An allowed page may send
    /// whatever headers it asks for: tracing libraries add their own, and none of them opens anything.
    /// </summary>
    public static void AnswerPreflight(HttpContext context)
    {
        var headers = context.Response.Headers;
        var isAllowed = headers.AccessControlAllowOrigin.Count > 0;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        headers.AccessControlAllowMethods = AllowedMethods;
        headers.AccessControlAllowHeaders =
            isAllowed && IsHeaderList(context.Request.Headers.AccessControlRequestHeaders, out var requested)
                ? requested
                : AllowedHeaders;
        headers.AccessControlMaxAge = "600";
        headers.Vary = "Origin, Access-Control-Request-Headers";
        headers.CacheControl = ResponseHeaders.NoStore;
        if (isAllowed && context.Request.Headers.ContainsKey("Access-Control-Request-Private-Network"))
        {
            headers["Access-Control-Allow-Private-Network"] = ResponseHeaders.True;
        }
    }

    private static bool IsHeaderList(StringValues text, out string list)
    {
        list = text.ToString();
        if (list.Length is 0 or > EdgeLimits.MaxEchoedHeaderBytes)
        {
            return false;
        }

        foreach (var c in list)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~, ".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whichever of the two schemes: a proxy in front may end TLS. An app's own scheme is never this server.</summary>
    private static bool IsSameOrigin(string origin, string? host)
    {
        const string http = "http://";
        const string https = "https://";
        var scheme = origin.StartsWith(https, StringComparison.OrdinalIgnoreCase) ? https.Length
            : origin.StartsWith(http, StringComparison.OrdinalIgnoreCase) ? http.Length : 0;
        return scheme > 0 && !string.IsNullOrEmpty(host)
            && origin.AsSpan(scheme).Equals(host, StringComparison.OrdinalIgnoreCase);
    }
}
