using System.IO.Pipelines;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Live;

/// <summary>Writes the body of a read: payloads end to end, or a JSON array, built without parsing.</summary>
internal static class AnswerWriter
{
    /// <summary>What an envelope adds to an event: <c>{"offset":"…","data":…}</c>.</summary>
    private static readonly int EnvelopeBytes = EnvelopeStart.Length + StreamOffset.TextLength + EnvelopeMiddle.Length + 1;

    private static ReadOnlySpan<byte> EnvelopeStart => "{\"offset\":\""u8;

    private static ReadOnlySpan<byte> EnvelopeMiddle => "\",\"data\":"u8;

    /// <summary>Payload bytes to read, so that the answer stays within its limit whatever is around them.</summary>
    public static int PayloadBytes(in ReadQuery query) =>
        ProtocolLimits.MaxReadAnswerBytes - (query.Envelope ? query.Limit * EnvelopeBytes : 0);

    /// <summary>Length of the body in bytes.</summary>
    /// <param name="batch">The events.</param>
    /// <param name="kind">What they are.</param>
    /// <param name="envelope">Each as an object with its offset; for JSON.</param>
    public static long LengthOf(ReadOutcome.Batch batch, PayloadKind kind, bool envelope = false)
    {
        long payloads = 0;
        long events = 0;
        for (var i = 0; i < batch.Slices.Count; i++)
        {
            payloads += batch.Slices[i].PayloadBytes;
            events += batch.Slices[i].Count;
        }

        return kind != PayloadKind.Json ? payloads
            : payloads + Math.Max(events - 1, 0) + 2 + (envelope ? events * EnvelopeBytes : 0);
    }

    /// <summary>Writes the body slice by slice and waits until the client takes each; a slice may end inside an event.</summary>
    public static async ValueTask WriteAsync(
        PipeWriter output,
        ReadOutcome.Batch batch,
        PayloadKind kind,
        int sliceBytes,
        CancellationToken cancellationToken,
        bool envelope = false)
    {
        var json = kind == PayloadKind.Json;
        var (place, flushes) = (default(Place), 0);
        while (WriteSome(output, batch, json, envelope, sliceBytes, ref place))
        {
            flushes++;
            var flushed = await output.FlushAsync(cancellationToken);
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                return;
            }
        }

        // Once the headers are out, the server no longer flushes what is left at the end of a request.
        if (flushes > 0)
        {
            await output.FlushAsync(cancellationToken);
        }
    }

    /// <summary>Writes until a slice is full or all is written; false when it is.</summary>
    private static bool WriteSome(PipeWriter output, ReadOutcome.Batch batch, bool json, bool envelope, int sliceBytes, ref Place place)
    {
        Span<byte> offset = stackalloc byte[StreamOffset.TextLength];
        var buffer = new PipeBuffer(output);
        for (; place.Slice < batch.Slices.Count; place.Slice++, place.Index = 0)
        {
            var (block, start, end) = batch.Slices[place.Slice];
            for (; start + place.Index < end; place.Index++, place.Offset = 0)
            {
                if (buffer.Written >= sliceBytes)
                {
                    buffer.Commit();
                    return true;
                }

                if (json && place.Offset == 0)
                {
                    buffer.Write(place.Slice + place.Index == 0 ? (byte)'[' : (byte)',');
                }

                if (envelope && place.Offset == 0)
                {
                    batch.Descriptor.Incarnations.OffsetAfter(block.FirstSequence + start + place.Index + 1).TryFormat(offset, out _);
                    buffer.Write(EnvelopeStart);
                    buffer.Write(offset);
                    buffer.Write(EnvelopeMiddle);
                }

                var payload = block.GetPayload(start + place.Index).Span[place.Offset..];
                var room = Math.Max(sliceBytes - buffer.Written, 1);
                if (payload.Length > room)
                {
                    buffer.Write(payload[..room]);
                    buffer.Commit();
                    place.Offset += room;
                    return true;
                }

                buffer.Write(payload);
                if (envelope)
                {
                    buffer.Write((byte)'}');
                }
            }
        }

        if (json)
        {
            buffer.Write(batch.Slices.Count == 0 ? "[]"u8 : "]"u8);
        }

        buffer.Commit();
        return false;
    }

    /// <summary>Where the next slice goes on.</summary>
    private struct Place
    {
        /// <summary>The slice of the batch.</summary>
        public int Slice;

        /// <summary>The event, counted from the start of that slice.</summary>
        public int Index;

        /// <summary>The byte of its payload.</summary>
        public int Offset;
    }
}
