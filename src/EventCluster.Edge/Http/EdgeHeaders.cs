using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Http;

/// <summary>The headers of every answer (Durable Streams 12.7).</summary>
internal static class EdgeHeaders
{
    /// <summary>What a GET's answer depends on beside its URL (CORRECTNESS rule 20).</summary>
    public static readonly StringValues VaryOfReads = "Accept, Origin";

    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues SameOrigin = "same-origin";

    private static readonly string[] Kept =
    [
        "Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
    ];

    /// <summary>
    /// No sniffing, and no embedding by pages of other origins; pages that CORS allows read with CORS, which this does not
    /// hinder.
    /// </summary>
    public static void SetSecurity(IHeaderDictionary headers)
    {
        headers.XContentTypeOptions = NoSniff;
        headers["Cross-Origin-Resource-Policy"] = SameOrigin;
    }

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
