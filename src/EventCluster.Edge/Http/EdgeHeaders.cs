using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Http;

/// <summary>The headers of every answer (Durable Streams 12.7).</summary>
internal static class EdgeHeaders
{
    /// <summary>What a reconnecting EventSource sends; <c>HeaderNames</c> holds only the protocol's own.</summary>
    public const string LastEventId = "Last-Event-ID";

    /// <summary>What a GET's answer depends on beside its URL (CORRECTNESS rule 20).</summary>
    public static readonly StringValues VaryOfReads = "Accept, Origin";

    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues SameOrigin = "same-origin";

    /// <summary>A document made of stored bytes gets an origin of its own and runs nothing, whatever its type.</summary>
    private static readonly StringValues Sandbox = "sandbox";

    private static readonly string[] Kept =
    [
        "Vary", "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
    ];

    /// <summary>
    /// No sniffing, no embedding by pages of other origins, and no script, form or plug-in of a stored document, for every
    /// answer unless it takes that back, so that a new way to read stored bytes cannot forget it. Pages that CORS allows read
    /// with CORS, which none of this hinders; <c>fetch</c> and <c>EventSource</c> ignore the policy of what they read. The page
    /// at <c>/</c> sets a policy of its own.
    /// </summary>
    public static void SetSecurity(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = NoSniff;
        headers["Cross-Origin-Resource-Policy"] = SameOrigin;
        headers.ContentSecurityPolicy = Sandbox;
    }

    /// <summary>
    /// For the answer that is sent most and carries no stored bytes, the acknowledgement of an append: a policy of its content
    /// would make it a sixth longer and say nothing.
    /// </summary>
    public static void OmitContentPolicy(IHeaderDictionary headers) => headers.ContentSecurityPolicy = default;

    /// <summary>What an error answer keeps of the answer it replaces.</summary>
    public static KeyValuePair<string, StringValues>[] Keep(IHeaderDictionary headers) =>
        [.. Kept.Where(headers.ContainsKey).Select(name => KeyValuePair.Create(name, headers[name]))];

    /// <summary>Puts the kept headers and the security headers into a cleared response.</summary>
    public static void Restore(IHeaderDictionary headers, KeyValuePair<string, StringValues>[] kept)
    {
        SetSecurity(headers);
        foreach (var (name, value) in kept)
        {
            headers[name] = value;
        }
    }
}
