using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>What to follow, and from where.</summary>
/// <param name="Server">Base URL: of a server, or of whatever stands before a cluster.</param>
/// <param name="Stream">Name of the stream; in these tests it needs no escaping.</param>
/// <param name="Kind">How its payloads stand on the wire.</param>
public sealed record SubscribeRequest(Uri Server, string Stream, PayloadKind Kind)
{
    /// <summary>Where to begin.</summary>
    public SubscribeStart Start { get; init; } = SubscribeStart.Earliest;

    /// <summary><c>onGap</c>; null for the transport's default.</summary>
    public string? OnGap { get; init; }

    /// <summary>Ask for base64 whatever the type.</summary>
    public bool Base64 { get; init; }

    /// <summary><c>heartbeat</c> in seconds; null for the server's.</summary>
    public int? HeartbeatSeconds { get; init; }

    /// <summary>The path of the stream.</summary>
    public string Path => $"/v1/stream/{Stream}";

    /// <summary>The query of a read: start and options that every transport knows.</summary>
    public string Query
    {
        get
        {
            var query = Start.Query;
            query += OnGap is null ? "" : $"&onGap={OnGap}";
            query += Base64 ? "&encoding=base64" : "";
            return query + (HeartbeatSeconds is { } seconds ? $"&heartbeat={seconds}" : "");
        }
    }

    /// <summary>A URL of the server.</summary>
    public Uri UrlOf(string pathAndQuery) => new(Server, pathAndQuery);
}
