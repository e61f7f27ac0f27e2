namespace EventCluster.Orleans.Connections;

/// <summary>How silos and publishers of a cluster know each other on a connection.</summary>
public sealed class ClusterConnectionOptions
{
    /// <summary>What both ends prove to know; null for no proof, which is for loopback and for TLS.</summary>
    public ClusterSecret? Secret { get; set; }

    /// <summary>Certificates of both ends; null for plain text.</summary>
    public ClusterTls? Tls { get; set; }

    /// <summary>How long the handshake of a connection may take, TLS included. Default 5 s.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Handshakes under way at once on a port; when one more comes the oldest is ended. A handshake of somebody who knows the
    /// secret takes milliseconds, so those are not the ones that end. Default 256.
    /// </summary>
    public int MaxHandshakes { get; set; } = 256;
}
