using System.Net;
using System.Text;

namespace EventCluster.Benchmarks.Wire;

/// <summary>The headers that a browser puts into each request of a page, with a cookie of 2 KB.</summary>
public static class Browser
{
    private const int CookieBytes = 2_048;

    private static readonly (string Name, string Value)[] Common =
    [
        ("sec-ch-ua-platform", "\"Windows\""),
        ("User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"),
        ("sec-ch-ua", "\"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\", \"Google Chrome\";v=\"140\""),
        ("sec-ch-ua-mobile", "?0"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Referer", "https://app.example.com/boards/4711"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept-Language", "en-US,en;q=0.9,de;q=0.8"),
        ("Cookie", "session=" + new string('c', CookieBytes - 8)),
    ];

    /// <summary>A request of HTTP/1.1 without a body.</summary>
    public static byte[] Request(string method, IPEndPoint host, string path, params (string Name, string Value)[] more)
    {
        var text = new StringBuilder($"{method} {path} HTTP/1.1\r\nHost: {host}\r\n");
        foreach (var (name, value) in Headers(more))
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.Append("\r\n").ToString());
    }

    /// <summary>All headers but <c>Host</c>.</summary>
    public static IEnumerable<(string Name, string Value)> Headers(params (string Name, string Value)[] more) => [.. more, .. Common];
}
