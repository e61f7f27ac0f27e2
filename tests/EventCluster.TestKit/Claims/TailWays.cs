namespace EventCluster.TestKit.Claims;

/// <summary>The ways in that an edge has.</summary>
public static class TailWays
{
    /// <summary>Longer than an edge tries.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Every way to ask an edge; with the listing, which answers its own machine only and no load balancer passes on.</summary>
    /// <param name="node">The edge's name.</param>
    /// <param name="server">Its address.</param>
    /// <param name="own">A client on the edge's own machine; null when this is it.</param>
    public static IReadOnlyList<TailWay> OfEdge(string node, Uri server, HttpClient? own = null)
    {
        var http = NewHttp();
        return
        [
            .. HttpTailVerb.Every.Select(verb => new HttpTailWay(http, node, server, verb)),
            new EventStreamTailWay(http, node, server, isNative: false),
            new EventStreamTailWay(http, node, server, isNative: true),
            new WebSocketTailWay(node, server),
            new HubTailWay(node, server, describes: true),
            new HubTailWay(node, server, describes: false),
            new ListingTailWay(own ?? http, node, server),
        ];
    }

    /// <summary>The ways of plain HTTP, for what stands before edges.</summary>
    public static IReadOnlyList<TailWay> OfProxy(string node, Uri server)
    {
        var http = NewHttp();
        return [.. HttpTailVerb.Every.Select(verb => new HttpTailWay(http, node, server, verb))];
    }

    private static HttpClient NewHttp() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        MaxConnectionsPerServer = 256,
    })
    {
        Timeout = Timeout,
    };
}
