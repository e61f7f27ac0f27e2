namespace EventCluster.Orleans.Connections;

/// <summary>The types of the handshake's own frames; a connection of Orleans begins with none of them.</summary>
internal static class HandshakeFrames
{
    /// <summary>From the end that opened the connection: version, port, whether it has a secret, nonce, cluster.</summary>
    public const byte Hello = 0xEC;

    /// <summary>From the other one: version, whether it has a secret, nonce.</summary>
    public const byte Challenge = 0xED;

    /// <summary>A proof of the secret, of either end.</summary>
    public const byte Proof = 0xEE;

    /// <summary>The end of the handshake, from the end that accepted: the cluster's identity.</summary>
    public const byte Welcome = 0xEF;

    /// <summary>Why the connection ends, as text.</summary>
    public const byte Refusal = 0xE0;
}
