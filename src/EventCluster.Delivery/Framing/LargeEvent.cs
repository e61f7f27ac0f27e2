using System.Diagnostics;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Delivery.Framing;

/// <summary>
/// An event whose frame is larger than a slice, on its way to one connection. It is encoded from the shared block, slice by
/// slice, as far as the client takes it: between two slices it is a place in the payload, not bytes. The block is kept
/// while the client takes slices at once, or while the share of delivery has room for it; otherwise it is read again.
/// </summary>
internal sealed class LargeEvent
{
    /// <summary>A slice carries at least so much of the payload, however long its head is.</summary>
    private const int SmallestPart = 256;

    private const int MeasureBytes = 16 * 1024;

    private readonly PayloadCoding _coding;
    private readonly byte[] _head;
    private readonly byte[] _tail;
    private EventBlock _block;
    private int _index;
    private int _offset;
    private BlockPins? _pinnedBy;

    /// <param name="block">The block that holds it.</param>
    /// <param name="index">Its index there.</param>
    /// <param name="coding">How its payload stands in the frame.</param>
    /// <param name="head">What stands before the payload.</param>
    /// <param name="tail">What stands behind it.</param>
    public LargeEvent(EventBlock block, int index, PayloadCoding coding, byte[] head, byte[] tail)
    {
        (_block, _index, _coding, _head, _tail) = (block, index, coding, head, tail);
        var sequence = block.FirstSequence + index;
        (Before, After) = (new StreamOffset(block.Incarnation, sequence), new StreamOffset(block.Incarnation, sequence + 1));
        PayloadBytes = block.GetPayloadBytes(index, index + 1);
        HasBlock = true;
    }

    /// <summary>The sequence before it, in its own incarnation.</summary>
    public StreamOffset Before { get; }

    /// <summary>Its offset.</summary>
    public StreamOffset After { get; }

    /// <summary>Size of its payload.</summary>
    public int PayloadBytes { get; }

    /// <summary>Some of it was written.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>All of it was written.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the next slice can be written without another read.</summary>
    public bool HasBlock { get; private set; }

    /// <summary>Bytes of the whole frame, found out by encoding it piece by piece.</summary>
    public long Measure()
    {
        using var piece = new FrameBuffer(MeasureBytes);
        var payload = _block.GetPayload(_index).Span;
        long bytes = _head.Length + _tail.Length;
        for (var offset = 0; offset < payload.Length; bytes += piece.Length)
        {
            piece.Clear();
            offset += piece.WritePart(payload, offset, _coding, MeasureBytes);
        }

        return bytes;
    }

    /// <summary>Encodes its next slice.</summary>
    /// <param name="slice">An empty buffer.</param>
    /// <param name="maxBytes">Most bytes, unless the head leaves less room than a small part of the payload needs.</param>
    public void Write(FrameBuffer slice, int maxBytes)
    {
        Debug.Assert(HasBlock && !IsComplete, "Only an unfinished event whose block is there can go on.");
        if (!IsBegun)
        {
            slice.Write(_head);
            IsBegun = true;
        }

        var payload = _block.GetPayload(_index).Span;
        var room = Math.Max(maxBytes - slice.Length - _tail.Length, SmallestPart);
        _offset += slice.WritePart(payload, _offset, _coding, room);
        if (_offset == payload.Length)
        {
            slice.Write(_tail);
            IsComplete = true;
            LetGo();
        }
    }

    /// <summary>The client takes nothing now: the block stays if there is room for it, else only the place.</summary>
    public void Rest(BlockPins pins)
    {
        if (!HasBlock)
        {
            return;
        }

        if (pins.TryPin(_block))
        {
            _pinnedBy = pins;
        }
        else
        {
            LetGo();
        }
    }

    /// <summary>The client took the last slice.</summary>
    public void GoOn()
    {
        _pinnedBy?.Unpin(_block);
        _pinnedBy = null;
    }

    /// <summary>Gives the block up; the place stays.</summary>
    public void LetGo()
    {
        GoOn();
        _block = default;
        HasBlock = false;
    }

    /// <summary>Takes the block from a new read. False when the event is not there any more.</summary>
    public bool TryResume(ReadOutcome? outcome)
    {
        if (outcome is not ReadOutcome.Batch { Slices: [var slice, ..] } || slice.Block.Incarnation != Before.Incarnation
            || slice.FirstSequence != Before.Sequence
            || slice.Block.GetPayloadBytes(slice.Start, slice.Start + 1) != PayloadBytes)
        {
            return false;
        }

        (_block, _index, HasBlock) = (slice.Block, slice.Start, true);
        return true;
    }
}
