namespace EventCluster.Benchmarks.Clients;

/// <summary>Types of HTTP/2 frames (RFC 9113, section 6).</summary>
public enum Http2Frame : byte
{
    /// <summary>A piece of a body.</summary>
    Data = 0,

    /// <summary>Headers of a request or a response.</summary>
    Headers = 1,

    /// <summary>The end of one stream.</summary>
    ResetStream = 3,

    /// <summary>Parameters of the connection.</summary>
    Settings = 4,

    /// <summary>Are you there?</summary>
    Ping = 6,

    /// <summary>The end of the connection.</summary>
    GoAway = 7,

    /// <summary>More bytes may come.</summary>
    WindowUpdate = 8,
}
