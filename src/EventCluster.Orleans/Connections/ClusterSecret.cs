using System.Security.Cryptography;
using System.Text;

namespace EventCluster.Orleans.Connections;

/// <summary>
/// What all silos of a cluster and its publishers know and nobody else. It proves itself on each connection and is never
/// sent; nothing shows it, <see cref="ToString"/> included.
/// </summary>
public sealed class ClusterSecret
{
    /// <summary>Fewest characters: with fewer, whoever records a handshake could try all of them.</summary>
    public const int MinLength = 32;

    /// <summary>Most characters.</summary>
    public const int MaxLength = 4096;

    private const string Purpose = "eventcluster connection 1";

    private readonly byte[] _key;

    private ClusterSecret(byte[] key) => _key = key;

    /// <summary>Reads a secret; blanks and line ends around it do not count.</summary>
    /// <param name="text">At least <see cref="MinLength"/> characters, drawn at random.</param>
    /// <exception cref="FormatException">It is too short or too long; the message does not show it.</exception>
    public static ClusterSecret Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        text = text.Trim();
        return text.Length is < MinLength or > MaxLength
            ? throw new FormatException(
                $"A cluster's secret has {MinLength} to {MaxLength} characters, and this one has {text.Length}; draw one with: openssl rand -hex 32")
            : new ClusterSecret(HKDF.DeriveKey(
                HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(text), HMACSHA256.HashSizeInBytes, info: Encoding.UTF8.GetBytes(Purpose)));
    }

    /// <summary>Says nothing about it.</summary>
    public override string ToString() => "(a secret)";

    /// <summary>What only somebody who knows the secret can make of these bytes.</summary>
    internal byte[] Prove(ReadOnlySpan<byte> bytes) => HMACSHA256.HashData(_key, bytes);
}
