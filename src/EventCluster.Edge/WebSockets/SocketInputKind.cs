namespace EventCluster.Edge.WebSockets;

/// <summary>What a client sent.</summary>
internal enum SocketInputKind
{
    /// <summary>A complete text message, valid UTF-8.</summary>
    Text = 0,

    /// <summary>A ping frame; its payload wants to come back.</summary>
    Ping = 1,

    /// <summary>A pong frame.</summary>
    Pong = 2,

    /// <summary>A close frame; nothing follows.</summary>
    Close = 3,

    /// <summary>The connection ended without a close frame.</summary>
    Ended = 4,

    /// <summary>The client broke a rule; nothing after it can be understood.</summary>
    Violation = 5,
}
