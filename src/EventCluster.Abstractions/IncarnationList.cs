using System.Collections;
using EventCluster.Protocol;

namespace EventCluster.Abstractions;

/// <summary>
/// The short, ascending list of histories of a stream (DESIGN section 3). Immutable; never empty. A position is valid
/// only if its incarnation is the one that holds its sequence; at a boundary both neighbours are accepted.
/// </summary>
public sealed class IncarnationList : IReadOnlyList<IncarnationStart>, IEquatable<IncarnationList>
{
    private readonly IncarnationStart[] _starts;

    /// <summary>A list from its entries.</summary>
    /// <exception cref="ArgumentException">Empty, incarnations not rising, or first sequences falling.</exception>
    public IncarnationList(params ReadOnlySpan<IncarnationStart> starts)
    {
        if (starts.IsEmpty)
        {
            throw new ArgumentException("A stream has at least one incarnation.", nameof(starts));
        }

        for (var i = 1; i < starts.Length; i++)
        {
            if (starts[i].Incarnation <= starts[i - 1].Incarnation || starts[i].FirstSequence < starts[i - 1].FirstSequence)
            {
                throw new ArgumentException("Incarnations rise and their first sequences never fall.", nameof(starts));
            }
        }

        _starts = starts.ToArray();
    }

    /// <inheritdoc />
    public int Count => _starts.Length;

    /// <summary>The newest history, which holds the tail.</summary>
    public IncarnationStart Latest => _starts[^1];

    /// <inheritdoc />
    public IncarnationStart this[int index] => _starts[index];

    /// <summary>
    /// The list with one more history from <paramref name="firstSequence"/> on. Histories that would hold nothing
    /// (they start at or after it) stay listed, so that their boundary position stays valid.
    /// </summary>
    public IncarnationList Add(long incarnation, long firstSequence) =>
        new([.. _starts, new IncarnationStart(incarnation, firstSequence)]);

    /// <summary>The entries up to and including the ones that start at or before <paramref name="sequence"/>.</summary>
    public IncarnationList UpTo(long sequence) => new(_starts.AsSpan(0, IndexOf(sequence) + 1));

    /// <summary>
    /// The incarnation that the event with this sequence before it belongs to, which is also the one that a position
    /// handed out for a read start carries.
    /// </summary>
    public long HolderOf(long sequence) => _starts[IndexOf(sequence)].Incarnation;

    /// <summary>The position after the event that ends at <paramref name="sequence"/>, as an append or an SSE id names it.</summary>
    public StreamOffset OffsetAfter(long sequence) =>
        new(_starts[sequence == 0 ? 0 : IndexOf(sequence - 1)].Incarnation, sequence);

    /// <summary>Where the incarnation that holds <paramref name="sequence"/> ends; null for the newest.</summary>
    public long? EndOfHolder(long sequence)
    {
        var next = IndexOf(sequence) + 1;
        return next < _starts.Length ? _starts[next].FirstSequence : null;
    }

    /// <summary>True if a position was issued by a history of this list (both neighbours count at a boundary).</summary>
    public bool Holds(StreamOffset position)
    {
        for (var i = 0; i < _starts.Length; i++)
        {
            if (_starts[i].Incarnation == position.Incarnation)
            {
                return position.Sequence >= _starts[i].FirstSequence
                    && (i + 1 == _starts.Length || position.Sequence <= _starts[i + 1].FirstSequence);
            }
        }

        return false;
    }

    /// <summary>The position as one that can be compared with others of this list; false if the list does not hold it.</summary>
    public bool TryHold(StreamOffset position, out HeldPosition held)
    {
        // Nearly every position belongs to the newest incarnation.
        var latest = _starts[^1];
        var isHeld = position.Incarnation == latest.Incarnation
            ? position.Sequence >= latest.FirstSequence
            : Holds(position);
        held = isHeld ? new HeldPosition(latest.Incarnation, position.Sequence) : default;
        return isHeld;
    }

    /// <summary>The position, which the list must hold, as one that can be compared with others of this list.</summary>
    /// <exception cref="ArgumentException">The list does not hold the position.</exception>
    public HeldPosition Hold(StreamOffset position) => TryHold(position, out var held)
        ? held
        : throw new ArgumentException($"The incarnations do not hold the position {position}.", nameof(position));

    /// <summary>The position after the event that ends at a position of this list, as an append or an SSE id names it.</summary>
    /// <exception cref="ArgumentException">The position belongs to other incarnations.</exception>
    public StreamOffset OffsetAfter(HeldPosition position) => position.Incarnation == Latest.Incarnation
        ? OffsetAfter(position.Sequence)
        : throw new ArgumentException($"The position {position} belongs to other incarnations.", nameof(position));

    /// <summary>
    /// Where the history of a position that is not held leaves this list: every event before is the same in both. Null when
    /// this list does not know that history, or it issued no such position.
    /// </summary>
    public StreamOffset? PartingFrom(StreamOffset position)
    {
        for (var i = 0; i + 1 < _starts.Length; i++)
        {
            if (_starts[i].Incarnation == position.Incarnation)
            {
                return position.Sequence > _starts[i + 1].FirstSequence ? OffsetAfter(_starts[i + 1].FirstSequence) : null;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public bool Equals(IncarnationList? other) => other is not null && _starts.AsSpan().SequenceEqual(other._starts);

    /// <inheritdoc />
    public override bool Equals(object? obj) => Equals(obj as IncarnationList);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(_starts.Length, Latest);

    /// <inheritdoc />
    public IEnumerator<IncarnationStart> GetEnumerator() => ((IEnumerable<IncarnationStart>)_starts).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int IndexOf(long sequence)
    {
        var i = _starts.Length - 1;
        while (i > 0 && _starts[i].FirstSequence > sequence)
        {
            i--;
        }

        return i;
    }
}
