using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <content>Reads. A block crosses whole, as the bytes that are stored; a small part of a large block crosses alone.</content>
internal sealed partial class WireFormats : IWireFormat<ReadRequest>, IWireFormat<ReadReply>
{
    /// <summary>A slice with less than this share of its block's payload is copied out instead of sending the whole block.</summary>
    private const int WholeBlockShare = 2;

    void IWireFormat<ReadRequest>.Write(WireWriter writer, ReadRequest value)
    {
        writer.Offset(value.From);
        writer.Number(value.MaxBytes);
        writer.Number(value.MaxEvents);
        writer.Number(value.WaitUpTo.Ticks);
        writer.Flag(value.Touch);
    }

    ReadRequest IWireFormat<ReadRequest>.Read(WireReader reader) =>
        new(reader.Offset(), reader.Int(), reader.Int(), new TimeSpan(reader.Number()), reader.Flag());

    void IWireFormat<ReadReply>.Write(WireWriter writer, ReadReply value)
    {
        writer.Flag(value.WaitEnded);
        switch (value.Outcome)
        {
            case ReadOutcome.Batch batch:
                writer.Number(1);
                writer.Offset(batch.From);
                writer.Offset(batch.Next);
                Write(writer, batch.Descriptor);
                writer.Number(batch.Slices.Count);
                foreach (var slice in batch.Slices)
                {
                    Write(writer, slice);
                }

                break;
            case ReadOutcome.Gap gap:
                writer.Number(2);
                Write(writer, gap.Info);
                Write(writer, gap.Descriptor);
                break;
            case ReadOutcome.NotFound:
                writer.Number(3);
                break;
            case ReadOutcome.Gone:
                writer.Number(4);
                break;
            case ReadOutcome.Unavailable unavailable:
                writer.Number(5);
                writer.Reason(unavailable.Reason, unavailable.Detail);
                break;
            default:
                throw Unknown(nameof(ReadOutcome), 0);
        }
    }

    ReadReply IWireFormat<ReadReply>.Read(WireReader reader)
    {
        var waitEnded = reader.Flag();
        var kind = reader.Number();
        ReadOutcome outcome = kind switch
        {
            1 => ReadBatch(reader),
            2 => new ReadOutcome.Gap(ReadGap(reader), ReadDescriptor(reader)),
            3 => new ReadOutcome.NotFound(),
            4 => new ReadOutcome.Gone(),
            5 => reader.Reason() is var (reason, detail) ? new ReadOutcome.Unavailable(reason, detail) : null!,
            _ => throw Unknown(nameof(ReadOutcome), kind),
        };
        return new ReadReply(outcome, waitEnded);
    }

    private static void Write(WireWriter writer, BlockSlice slice)
    {
        var block = slice.Block;
        if ((long)slice.PayloadBytes * WholeBlockShare < block.PayloadBytes)
        {
            block = Cut(slice);
            slice = new BlockSlice(block, 0, block.Count);
        }

        writer.Number(slice.Start);
        writer.Number(slice.End);
        writer.Buffer(block.Encoded);
    }

    private static EventBlock Cut(BlockSlice slice)
    {
        var payloads = new ReadOnlyMemory<byte>[slice.Count];
        var times = new long[slice.Count];
        for (var i = 0; i < slice.Count; i++)
        {
            payloads[i] = slice.Block.GetPayload(slice.Start + i);
            times[i] = slice.Block.GetTimeMilliseconds(slice.Start + i);
        }

        return EventBlock.Encode(slice.Block.Incarnation, slice.FirstSequence, payloads, times);
    }

    private static ReadOutcome.Batch ReadBatch(WireReader reader)
    {
        var (from, next, descriptor) = (reader.Offset(), reader.Offset(), ReadDescriptor(reader));
        var slices = new BlockSlice[reader.Int()];
        for (var i = 0; i < slices.Length; i++)
        {
            var (start, end) = (reader.Int(), reader.Int());
            slices[i] = EventBlock.TryDecode(reader.Buffer(), out var block, out var error)
                ? new BlockSlice(block, start, end)
                : throw new InvalidDataException($"A block was damaged on its way between silos: {error}");
        }

        return new ReadOutcome.Batch(from, next, slices, descriptor);
    }
}
