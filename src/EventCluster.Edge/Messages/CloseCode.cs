namespace EventCluster.Edge.Messages;

/// <summary>WebSocket close codes in use (RFC 6455 7.4.1 and the IANA registry).</summary>
internal enum CloseCode : ushort
{
    /// <summary>The client said good-bye.</summary>
    Normal = 1000,

    /// <summary>The client broke the framing, or sent what is no message of the subprotocol.</summary>
    Protocol = 1002,

    /// <summary>A binary message; only text is spoken.</summary>
    Unsupported = 1003,

    /// <summary>A close frame without a code; never sent.</summary>
    NoStatus = 1005,

    /// <summary>Text that is not UTF-8.</summary>
    InvalidText = 1007,

    /// <summary>A limit that <c>hello</c> names was ignored.</summary>
    Policy = 1008,

    /// <summary>A message above the limit that <c>hello</c> names.</summary>
    TooBig = 1009,

    /// <summary>A fault of the server.</summary>
    Internal = 1011,

    /// <summary>The server stops; reconnect after the delay of <c>move</c>.</summary>
    Restart = 1012,

    /// <summary>The server holds as many connections as it may.</summary>
    TryLater = 1013,

    /// <summary>The client said nothing for two heartbeats; a code for private use that resembles HTTP's 408.</summary>
    Silent = 4408,
}
