namespace EventCluster.Abstractions;

/// <summary>
/// A position that a list of incarnations holds (CORRECTNESS rule 22). Only <see cref="IncarnationList.TryHold"/> makes one
/// from an offset, and two of them are ordered only when they are held by lists that end in the same incarnation: that
/// incarnation names all events before it, so equal sequences mean the same place. Any other order is refused.
/// </summary>
public readonly struct HeldPosition : IEquatable<HeldPosition>, IComparable<HeldPosition>
{
    internal HeldPosition(long incarnation, long sequence) => (Incarnation, Sequence) = (incarnation, sequence);

    /// <summary>The newest incarnation of the list that holds the position, not the one that the offset carries.</summary>
    public long Incarnation { get; }

    /// <summary>Number of events before the position; means nothing without <see cref="Incarnation"/>.</summary>
    public long Sequence { get; }

    /// <summary>True if the two positions can be ordered.</summary>
    public bool IsComparableTo(HeldPosition other) => Incarnation == other.Incarnation;

    /// <summary>The position after some events more; fewer when the number is negative.</summary>
    public HeldPosition Plus(long events) => new(Incarnation, Sequence + events);

    /// <summary>The position at a sequence of the same incarnations.</summary>
    public HeldPosition At(long sequence) => new(Incarnation, sequence);

    /// <summary>Order by sequence.</summary>
    /// <exception cref="InvalidOperationException">The positions belong to different incarnations.</exception>
    public int CompareTo(HeldPosition other) => Check(other).CompareTo(other.Sequence);

    /// <inheritdoc />
    public bool Equals(HeldPosition other) => Incarnation == other.Incarnation && Sequence == other.Sequence;

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is HeldPosition other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Incarnation, Sequence);

    /// <summary>For logs and tests.</summary>
    public override string ToString() => $"{Incarnation}:{Sequence}";

    /// <summary>Number of events between two positions.</summary>
    /// <exception cref="InvalidOperationException">The positions belong to different incarnations.</exception>
    public static long operator -(HeldPosition left, HeldPosition right) => left.Check(right) - right.Sequence;

    /// <summary>The same place.</summary>
    public static bool operator ==(HeldPosition left, HeldPosition right) => left.Equals(right);

    /// <summary>Another place, or one of other incarnations.</summary>
    public static bool operator !=(HeldPosition left, HeldPosition right) => !left.Equals(right);

    /// <inheritdoc cref="CompareTo" />
    public static bool operator <(HeldPosition left, HeldPosition right) => left.Check(right) < right.Sequence;

    /// <inheritdoc cref="CompareTo" />
    public static bool operator <=(HeldPosition left, HeldPosition right) => left.Check(right) <= right.Sequence;

    /// <inheritdoc cref="CompareTo" />
    public static bool operator >(HeldPosition left, HeldPosition right) => left.Check(right) > right.Sequence;

    /// <inheritdoc cref="CompareTo" />
    public static bool operator >=(HeldPosition left, HeldPosition right) => left.Check(right) >= right.Sequence;

    private long Check(HeldPosition other) => Incarnation == other.Incarnation ? Sequence : throw Refusal(other);

    private InvalidOperationException Refusal(HeldPosition other) =>
        new($"The positions {this} and {other} belong to different incarnations and have no order.");
}
