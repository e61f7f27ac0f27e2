using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using ErrorCode = EventCluster.Protocol.ErrorCode;

namespace EventCluster.Orleans.Wire;

/// <content>Parts of several messages.</content>
internal sealed partial class WireFormats
{
    private static void Write(WireWriter writer, StreamDescriptor stream)
    {
        writer.Name(stream.Name);
        writer.Type(stream.ContentType);
        writer.Offset(stream.Earliest);
        writer.Offset(stream.Tail);
        writer.Number(stream.Incarnations.Count);
        foreach (var start in stream.Incarnations)
        {
            writer.Number(start.Incarnation);
            writer.Number(start.FirstSequence);
        }

        writer.Flag(stream.Closed);
        writer.Optional(stream.TtlSeconds);
        writer.Optional(stream.ExpiresAt?.ToUnixTimeMilliseconds());
        writer.Optional(stream.Deadline?.ToUnixTimeMilliseconds());
        writer.Limits(stream.Retention);
        writer.Number(stream.RetainedBytes);
        writer.Optional(stream.ForkedFrom, writer.Name);
    }

    private static StreamDescriptor ReadDescriptor(WireReader reader) => new()
    {
        Name = reader.Name(),
        ContentType = reader.Type(),
        Earliest = reader.Offset(),
        Tail = reader.Offset(),
        Incarnations = ReadIncarnations(reader),
        Closed = reader.Flag(),
        TtlSeconds = reader.OptionalNumber(),
        ExpiresAt = ReadTime(reader),
        Deadline = ReadTime(reader),
        Retention = reader.Limits(),
        RetainedBytes = reader.Number(),
        ForkedFrom = reader.Optional(reader.Name),
    };

    private static IncarnationList ReadIncarnations(WireReader reader)
    {
        var starts = new IncarnationStart[reader.Int()];
        for (var i = 0; i < starts.Length; i++)
        {
            starts[i] = new IncarnationStart(reader.Number(), reader.Number());
        }

        return new IncarnationList(starts);
    }

    private static DateTimeOffset? ReadTime(WireReader reader) =>
        reader.OptionalNumber() is { } milliseconds ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;

    private static void Write(WireWriter writer, StreamGap gap)
    {
        writer.Offset(gap.Requested);
        writer.Offset(gap.Earliest);
        writer.Offset(gap.Tail);
        writer.Number((long)gap.Reason);
    }

    private static StreamGap ReadGap(WireReader reader) =>
        new(reader.Offset(), reader.Offset(), reader.Offset(), (GapReason)reader.Number());

    private static void Write(WireWriter writer, Refusal refusal)
    {
        writer.Text(refusal.Code.Value);
        writer.Text(refusal.Detail);
    }

    private static Refusal ReadRefusal(WireReader reader) => new(new ErrorCode(reader.Text()), reader.Text());

    private static void Write(WireWriter writer, ForkSpec fork)
    {
        writer.Name(fork.Source);
        writer.Optional(fork.Offset, writer.Offset);
        writer.Flag(fork.FromStart);
        writer.Number(fork.SubOffset);
    }

    private static ForkSpec ReadFork(WireReader reader) =>
        new(reader.Name(), reader.Optional(reader.Offset), reader.Flag(), reader.Number());
}
