namespace EventCluster.Orleans.Connections;

/// <summary>
/// A part of what both ends of a connection do before Orleans' first byte. Steps run in the order of their registration, the
/// same on both ends, after the secret was proven. A step that is not satisfied throws <see cref="HandshakeRefusedException"/>;
/// the connection ends and the other end is told the reason. The time of all steps together is bounded.
/// </summary>
public interface IHandshakeStep
{
    /// <summary>Whether connections to this kind of port have the step; both ends must come to the same answer.</summary>
    bool AppliesTo(ClusterPort port);

    /// <summary>The part of the end that opened the connection.</summary>
    Task ConnectAsync(HandshakePeer peer, CancellationToken cancellationToken);

    /// <summary>The part of the end that accepted it.</summary>
    Task AcceptAsync(HandshakePeer peer, CancellationToken cancellationToken);
}
