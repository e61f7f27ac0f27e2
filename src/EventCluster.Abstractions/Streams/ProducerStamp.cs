using System.Diagnostics.CodeAnalysis;
using System.Text;
using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>Identity of one append of an idempotent producer.</summary>
/// <param name="Id">1 to 256 bytes of UTF-8, not beginning with <see cref="ReservedPrefix"/>.</param>
/// <param name="Epoch">0 to 2^53 − 1.</param>
/// <param name="Sequence">0 to 2^53 − 1.</param>
public sealed record ProducerStamp(string Id, long Epoch, long Sequence)
{
    /// <summary>
    /// Identities that begin so are the server's own: stores keep the reservations of forks beside the producers. Every
    /// way in refuses them.
    /// </summary>
    public const string ReservedPrefix = "__ec/";

    /// <summary>Whether a text can be a producer's identity.</summary>
    public static bool IsValidId([NotNullWhen(true)] string? id) =>
        id is { Length: > 0 } && Encoding.UTF8.GetByteCount(id) <= ProtocolLimits.MaxProducerIdBytes
        && !id.StartsWith(ReservedPrefix, StringComparison.Ordinal);
}
