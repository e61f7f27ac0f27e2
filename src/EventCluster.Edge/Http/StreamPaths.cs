namespace EventCluster.Edge.Http;

/// <summary>The paths of the HTTP surface.</summary>
internal static class StreamPaths
{
    /// <summary>What every stream URL starts with; the name follows.</summary>
    public const string Prefix = "/v1/stream/";

    /// <summary>Several streams on one connection.</summary>
    public const string Streams = "/v1/streams";

    /// <summary>The SignalR hub.</summary>
    public const string Hub = "/v1/signalr";

    /// <summary>Where a SignalR client asks for a connection.</summary>
    public const string HubNegotiate = "/v1/signalr/negotiate";

    public const string Health = "/healthz";

    public const string Ready = "/readyz";

    /// <summary>What the paths of administration start with; not all of them are the edge's.</summary>
    public const string Admin = "/v1/admin/";

    public const string AdminStreams = "/v1/admin/streams";
}
