using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.Http;

/// <summary>
/// The request target as the client sent it. Names are decoded from it exactly once; <c>HttpRequest.Path</c> is decoded
/// already and cannot tell <c>%2F</c> from <c>/</c> or <c>%25</c> from <c>%</c>.
/// </summary>
internal readonly ref struct RequestTarget
{
    private readonly ReadOnlySpan<char> _authority;

    private RequestTarget(ReadOnlySpan<char> authority, ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        _authority = authority;
        Path = path;
        Query = query;
    }

    /// <summary>Still percent-encoded, starting with <c>/</c> (or <c>*</c>).</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Still percent-encoded, without <c>?</c>.</summary>
    public ReadOnlySpan<char> Query { get; }

    /// <summary>Characters of path and query.</summary>
    public int Length => Path.Length + Query.Length;

    /// <summary>
    /// Why this target names nothing: what stands before the server may read it in another way, so it is refused before anything else.
    /// Null when it is fine. A path is not looked at beyond that; who decodes it checks it.
    /// </summary>
    public RequestFault? Fault()
    {
        if (Path.Contains('#') || Query.Contains('#') || _authority.Contains('#'))
        {
            return RequestFault.BadRequest("The request target has a '#'; a fragment is not sent (RFC 9112 3.2), and in a name it is written as %23.");
        }

        if (_authority.Contains('@'))
        {
            return RequestFault.BadRequest("The request target names a user before its host; that is not sent (RFC 9110 4.2.4).");
        }

        return QueryValue.Fault(Query);
    }

    public static RequestTarget Of(HttpContext context) =>
        Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);

    public static RequestTarget Parse(ReadOnlySpan<char> raw)
    {
        var host = ReadOnlySpan<char>.Empty;
        if (raw.Length > 0 && raw[0] != '/')
        {
            // Absolute form (RFC 9112 3.2.2), as proxies send it.
            var authority = raw.IndexOf("://", StringComparison.Ordinal);
            if (authority >= 0)
            {
                var rest = raw[(authority + 3)..];
                var slash = rest.IndexOfAny('/', '?');
                host = slash < 0 ? rest : rest[..slash];
                raw = slash < 0 ? "/" : rest[slash..];
            }
        }

        var question = raw.IndexOf('?');
        return question < 0 ? new RequestTarget(host, raw, default) : new RequestTarget(host, raw[..question], raw[(question + 1)..]);
    }
}
