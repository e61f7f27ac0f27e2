using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>
/// What one answer claims. Claims of one stream are ordered by incarnation, sequence, closed: a stream only ever moves forward
/// in this order, also through a deletion and a new creation.
/// </summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Position">Which position; default where the kind has none.</param>
/// <param name="IsClosed">Whether nothing will follow; null when the answer does not say.</param>
public readonly record struct Claim(ClaimKind Kind, StreamOffset Position, bool? IsClosed)
{
    /// <summary>No claim.</summary>
    public static Claim None => default;

    /// <summary>No such stream.</summary>
    public static Claim Missing => new(ClaimKind.Missing, default, IsClosed: null);

    /// <summary>The stream ends here.</summary>
    public static Claim Tail(StreamOffset position, bool? isClosed = false) => new(ClaimKind.Tail, position, isClosed);

    /// <summary>The stream reaches to here at least.</summary>
    public static Claim Reached(StreamOffset position) => new(ClaimKind.Reached, position, IsClosed: null);

    /// <summary>Whether a stream was in this state before it was in the other one.</summary>
    public bool IsBefore(Claim other) =>
        Position < other.Position || (Position == other.Position && IsClosed is false && other.IsClosed is true);

    /// <inheritdoc />
    public override string ToString() => Kind is ClaimKind.None or ClaimKind.Missing
        ? $"{Kind}"
        : $"{Kind} {Position} (sequence {Position.Sequence} of incarnation {Position.Incarnation}{(IsClosed is true ? ", closed" : "")})";
}
