using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.Http;

/// <summary>
/// The request target as the client sent it. Names are decoded from it exactly once; <c>HttpRequest.Path</c> is decoded
/// already and cannot tell <c>%2F</c> from <c>/</c> or <c>%25</c> from <c>%</c>.
/// </summary>
internal readonly ref struct RequestTarget
{
    private RequestTarget(ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        Path = path;
        Query = query;
    }

    /// <summary>Still percent-encoded, starting with <c>/</c> (or <c>*</c>).</summary>
    public ReadOnlySpan<char> Path { get; }

    /// <summary>Still percent-encoded, without <c>?</c>.</summary>
    public ReadOnlySpan<char> Query { get; }

    /// <summary>Characters of path and query.</summary>
    public int Length => Path.Length + Query.Length;

    public static RequestTarget Of(HttpContext context) =>
        Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);

    public static RequestTarget Parse(ReadOnlySpan<char> raw)
    {
        if (raw.Length > 0 && raw[0] != '/')
        {
            // Absolute form (RFC 9112 3.2.2), as proxies send it.
            var authority = raw.IndexOf("://", StringComparison.Ordinal);
            if (authority >= 0)
            {
                var rest = raw[(authority + 3)..];
                var slash = rest.IndexOfAny('/', '?');
                raw = slash < 0 ? "/" : rest[slash..];
            }
        }

        var question = raw.IndexOf('?');
        return question < 0 ? new RequestTarget(raw, default) : new RequestTarget(raw[..question], raw[(question + 1)..]);
    }
}
