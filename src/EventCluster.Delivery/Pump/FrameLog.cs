using System.Buffers;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;

namespace EventCluster.Delivery.Pump;

/// <summary>
/// The newest frames of a stream in one framing, encoded once for all connections of a pump: a ring of bytes, and where
/// the frame of each event ends in it. It grows up to a bound, then drops its oldest frames; when every connection has
/// everything, it gives its memory back. Of an event that is larger than any slice it knows the place only, which no
/// connection passes on the pump. Used in its feed's turn only.
/// </summary>
internal sealed class FrameLog(SseFraming framing) : IDisposable
{
    private const int SmallestRing = 4 * 1024;
    private const int SmallestIndex = 32;

    /// <summary>Events may have empty frames, so the index has a bound of its own.</summary>
    private const int LargestIndex = 64 * 1024;

    private byte[] _ring = [];
    private long[] _ends = [];
    private long _startByte;

    /// <summary>Position before the only event held whose frame is not here, because it is larger than any slice.</summary>
    private HeldPosition? _large;

    /// <summary>How events stand in it.</summary>
    public SseFraming Framing => framing;

    /// <summary>Position before the oldest event held.</summary>
    public HeldPosition Start { get; private set; }

    /// <summary>Position after the newest event held.</summary>
    public HeldPosition End { get; private set; }

    /// <summary>Connections that read it.</summary>
    public int Readers { get; set; }

    /// <summary>Bytes held.</summary>
    public int Bytes => (int)(ByteAt(End) - _startByte);

    /// <summary>Memory taken.</summary>
    public int Capacity => _ring.Length;

    /// <summary>Begins again, empty, at a position.</summary>
    public void Reset(HeldPosition position)
    {
        Dispose();
        (Start, End, _startByte) = (position, position, 0);
    }

    /// <summary>Encodes events that follow the newest one.</summary>
    /// <param name="slices">The events.</param>
    /// <param name="maxBytes">The bound; the newest frame stays, whatever its size.</param>
    /// <param name="scratch">A buffer of the pump.</param>
    public void Append(IReadOnlyList<BlockSlice> slices, int maxBytes, FrameBuffer scratch)
    {
        for (var i = 0; i < slices.Count; i++)
        {
            var slice = slices[i];
            for (var index = slice.Start; index < slice.End; index++)
            {
                if (LargeFrame.IsCertain(slice.Block, index))
                {
                    AppendLarge();
                    continue;
                }

                scratch.Clear();
                if (framing == SseFraming.DurableBase64)
                {
                    // Base64 cannot be joined: payloads are kept as they are, and each slice is encoded as one.
                    scratch.Write(slice.Block.GetPayload(index).Span);
                }
                else
                {
                    FrameEncoder.EncodeEvent(slice.Block, index, framing, scratch);
                }

                if (FrameBytes(scratch.Length) > DeliveryLimits.MaxSliceBytes)
                {
                    AppendLarge();
                    continue;
                }

                Append(scratch.Written, maxBytes);
            }
        }
    }

    /// <summary>
    /// The last position up to <see cref="End"/> so that the frames from another one fit a slice. At least one event more,
    /// unless its frame alone is larger than any slice of the connection.
    /// </summary>
    /// <param name="from">Where the connection is.</param>
    /// <param name="maxBytes">Most bytes of the next slice.</param>
    /// <param name="maxFrameBytes">Most bytes of any slice.</param>
    public HeldPosition Fit(HeldPosition from, int maxBytes, int maxFrameBytes)
    {
        var begin = ByteAt(from);
        var end = _large is { } large && large >= from ? large : End;
        if (FrameBytes(ByteAt(end) - begin) <= maxBytes)
        {
            return end;
        }

        var (low, high) = (from, end);
        while (high - low > 1)
        {
            var middle = low.Plus((high - low) / 2);
            if (FrameBytes(ByteAt(middle) - begin) <= maxBytes)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low > from || FrameBytes(ByteAt(from.Plus(1)) - begin) > maxFrameBytes ? low : from.Plus(1);
    }

    /// <summary>The frames between two positions; the second part is empty unless the ring wraps between them.</summary>
    public void Read(HeldPosition from, HeldPosition to, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        var length = (int)(ByteAt(to) - ByteAt(from));
        var start = (int)(ByteAt(from) & (_ring.Length - 1));
        var untilWrap = Math.Min(length, _ring.Length - start);
        first = _ring.AsSpan(start, untilWrap);
        second = _ring.AsSpan(0, length - untilWrap);
    }

    public void Dispose()
    {
        if (_ring.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_ring);
            ArrayPool<long>.Shared.Return(_ends);
        }

        (_ring, _ends) = ([], []);
        Start = End;
        (_startByte, _large) = (0, null);
    }

    /// <summary>Bytes of a slice with so many bytes held: payloads that are encoded with the slice grow by a third.</summary>
    private long FrameBytes(long held) => framing == SseFraming.DurableBase64 ? (held + 2) / 3 * 4 : held;

    /// <summary>
    /// Notes the place of an event that is larger than any slice: its connections leave and write it by themselves. Those
    /// that have not come to the one before have left the log behind.
    /// </summary>
    private void AppendLarge()
    {
        while (_large is not null && Start < End)
        {
            DropOldest();
        }

        GrowIndex();
        _ends[End.Sequence & (_ends.Length - 1)] = ByteAt(End);
        _large = End;
        End = End.Plus(1);
    }

    private void DropOldest()
    {
        _startByte = ByteAt(Start.Plus(1));
        if (Start == _large)
        {
            _large = null;
        }

        Start = Start.Plus(1);
    }

    private void Append(ReadOnlySpan<byte> frame, int maxBytes)
    {
        while (Start < End && (Bytes + frame.Length > maxBytes || End - Start == LargestIndex))
        {
            DropOldest();
        }

        GrowIndex();
        GrowRing(Bytes + frame.Length);
        var at = ByteAt(End);
        var start = (int)(at & (_ring.Length - 1));
        var untilWrap = Math.Min(frame.Length, _ring.Length - start);
        frame[..untilWrap].CopyTo(_ring.AsSpan(start));
        frame[untilWrap..].CopyTo(_ring);
        _ends[End.Sequence & (_ends.Length - 1)] = at + frame.Length;
        End = End.Plus(1);
    }

    /// <summary>Where the frame after a position begins, counted in bytes since the last reset.</summary>
    private long ByteAt(HeldPosition position) =>
        position == Start ? _startByte : _ends[(position.Sequence - 1) & (_ends.Length - 1)];

    private void GrowIndex()
    {
        if (End - Start < _ends.Length)
        {
            return;
        }

        // The pool hands out powers of two from 16 on, which the masks rely on.
        var larger = ArrayPool<long>.Shared.Rent(Math.Max(SmallestIndex, _ends.Length * 2));
        for (var sequence = Start.Sequence; sequence < End.Sequence; sequence++)
        {
            larger[sequence & (larger.Length - 1)] = _ends[sequence & (_ends.Length - 1)];
        }

        if (_ends.Length > 0)
        {
            ArrayPool<long>.Shared.Return(_ends);
        }

        _ends = larger;
    }

    private void GrowRing(int bytes)
    {
        if (bytes <= _ring.Length)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(SmallestRing, _ring.Length * 2), bytes));
        if (Start < End)
        {
            Read(Start, End, out var first, out var second);
            Place(larger, _startByte, first);
            Place(larger, _startByte + first.Length, second);
        }

        if (_ring.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_ring);
        }

        _ring = larger;
    }

    private static void Place(byte[] ring, long at, ReadOnlySpan<byte> bytes)
    {
        var start = (int)(at & (ring.Length - 1));
        var untilWrap = Math.Min(bytes.Length, ring.Length - start);
        bytes[..untilWrap].CopyTo(ring.AsSpan(start));
        bytes[untilWrap..].CopyTo(ring);
    }
}
