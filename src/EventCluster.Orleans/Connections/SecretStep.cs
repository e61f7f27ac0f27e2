using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EventCluster.Orleans.Connections;

/// <summary>
/// How the handshake begins: hello and challenge carry a nonce each, then both ends prove the secret over both frames, the end
/// that opened the connection first. So a proof counts on its own connection only, for one direction, one kind of port and
/// one cluster. The secret is never sent.
/// </summary>
internal static class SecretStep
{
    private const byte Version = 1;
    private const int NonceBytes = 32;
    private const int MaxClusterBytes = 512;

    // Version, port, whether there is a secret.
    private const int HelloHead = 3;
    private const int ChallengeHead = 2;

    private static ReadOnlySpan<byte> ConnectorRole => "connector"u8;

    private static ReadOnlySpan<byte> AcceptorRole => "acceptor"u8;

    /// <summary>The part of the end that opened the connection.</summary>
    public static async Task ConnectAsync(HandshakePeer peer, ClusterSecret? secret, string cluster, CancellationToken cancellationToken)
    {
        byte[] hello =
        [
            Version, (byte)peer.Port, HasSecret(secret), .. RandomNumberGenerator.GetBytes(NonceBytes), .. Encoding.UTF8.GetBytes(cluster),
        ];
        await peer.SendAsync(HandshakeFrames.Hello, hello, cancellationToken);
        var challenge = await peer.ReceiveAsync(HandshakeFrames.Challenge, cancellationToken);
        if (challenge.Length != ChallengeHead + NonceBytes || challenge[0] != Version)
        {
            throw new HandshakeRefusedException("The other end speaks another version of this handshake.");
        }

        Compare(secret, challenge[1] != 0);
        if (secret is not null)
        {
            var transcript = Transcript(hello, challenge);
            await peer.SendAsync(HandshakeFrames.Proof, secret.Prove([.. ConnectorRole, .. transcript]), cancellationToken);
            var proof = await peer.ReceiveAsync(HandshakeFrames.Proof, cancellationToken);
            Verify(proof, secret.Prove([.. AcceptorRole, .. transcript]));
        }
    }

    /// <summary>The part of the end that accepted it.</summary>
    public static async Task AcceptAsync(HandshakePeer peer, ClusterSecret? secret, string cluster, CancellationToken cancellationToken)
    {
        var hello = await peer.ReceiveAsync(HandshakeFrames.Hello, cancellationToken);
        if (hello.Length is < HelloHead + NonceBytes or > HelloHead + NonceBytes + MaxClusterBytes || hello[0] != Version)
        {
            throw new HandshakeRefusedException("The other end speaks another version of this handshake.");
        }

        if (hello[1] != (byte)peer.Port)
        {
            throw new HandshakeRefusedException(peer.Port == ClusterPort.Silo
                ? "This is the port between silos; publishers connect to the gateway port."
                : "This is the gateway port; silos connect to the silo port.");
        }

        Compare(secret, hello[2] != 0);
        byte[] challenge = [Version, HasSecret(secret), .. RandomNumberGenerator.GetBytes(NonceBytes)];
        await peer.SendAsync(HandshakeFrames.Challenge, challenge, cancellationToken);
        var transcript = Transcript(hello, challenge);
        if (secret is not null)
        {
            var proof = await peer.ReceiveAsync(HandshakeFrames.Proof, cancellationToken);
            Verify(proof, secret.Prove([.. ConnectorRole, .. transcript]));
        }

        // Only now, so that a stranger learns nothing about the cluster's name.
        if (!hello.AsSpan(HelloHead + NonceBytes).SequenceEqual(Encoding.UTF8.GetBytes(cluster)))
        {
            throw new HandshakeRefusedException("The other end belongs to a cluster of another name.");
        }

        if (secret is not null)
        {
            await peer.SendAsync(HandshakeFrames.Proof, secret.Prove([.. AcceptorRole, .. transcript]), cancellationToken);
        }
    }

    private static byte HasSecret(ClusterSecret? secret) => secret is null ? (byte)0 : (byte)1;

    private static void Compare(ClusterSecret? secret, bool otherHasSecret)
    {
        if (secret is null == otherHasSecret)
        {
            throw new HandshakeRefusedException(
                secret is null ? "The other end has a Cluster:Secret, and this one has none." : "The other end has no Cluster:Secret.");
        }
    }

    private static void Verify(byte[] proof, byte[] expected)
    {
        if (!CryptographicOperations.FixedTimeEquals(proof, expected))
        {
            throw new HandshakeRefusedException("The two ends have different values of Cluster:Secret.");
        }
    }

    /// <summary>Both frames, each with its length, so that no other two have the same.</summary>
    private static byte[] Transcript(byte[] hello, byte[] challenge)
    {
        var bytes = new byte[8 + hello.Length + challenge.Length];
        BinaryPrimitives.WriteInt32BigEndian(bytes, hello.Length);
        hello.CopyTo(bytes, 4);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + hello.Length), challenge.Length);
        challenge.CopyTo(bytes, 8 + hello.Length);
        return bytes;
    }
}
