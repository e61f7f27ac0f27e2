using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <content>Describe, configure, trim and delete. The four families number their common cases alike.</content>
internal sealed partial class WireFormats :
    IWireFormat<DescribeOutcome>, IWireFormat<RetentionLimits>, IWireFormat<ConfigureOutcome>, IWireFormat<StreamOffset>,
    IWireFormat<TrimOutcome>, IWireFormat<DeleteOutcome>
{
    private const int Done = 1;
    private const int NotFound = 2;
    private const int Gone = 3;
    private const int NotNow = 4;
    private const int Refused = 5;

    void IWireFormat<DescribeOutcome>.Write(WireWriter writer, DescribeOutcome value) => Write(
        writer,
        value is DescribeOutcome.NotFound ? NotFound : Gone,
        (value as DescribeOutcome.Found)?.Descriptor,
        value is DescribeOutcome.Unavailable u ? (u.Reason, u.Detail) : null);

    DescribeOutcome IWireFormat<DescribeOutcome>.Read(WireReader reader)
    {
        var kind = reader.Number();
        return kind switch
        {
            Done => new DescribeOutcome.Found(ReadDescriptor(reader)),
            NotFound => new DescribeOutcome.NotFound(),
            Gone => new DescribeOutcome.Gone(),
            NotNow => reader.Reason() is var (reason, detail) ? new DescribeOutcome.Unavailable(reason, detail) : null!,
            _ => throw Unknown(nameof(DescribeOutcome), kind),
        };
    }

    void IWireFormat<RetentionLimits>.Write(WireWriter writer, RetentionLimits value) => writer.Limits(value);

    RetentionLimits IWireFormat<RetentionLimits>.Read(WireReader reader) => reader.Limits();

    void IWireFormat<ConfigureOutcome>.Write(WireWriter writer, ConfigureOutcome value)
    {
        if (value is ConfigureOutcome.Invalid invalid)
        {
            writer.Number(Refused);
            Write(writer, invalid.Why);
            return;
        }

        Write(
            writer,
            value is ConfigureOutcome.NotFound ? NotFound : Gone,
            (value as ConfigureOutcome.Configured)?.Descriptor,
            value is ConfigureOutcome.Unavailable u ? (u.Reason, u.Detail) : null);
    }

    ConfigureOutcome IWireFormat<ConfigureOutcome>.Read(WireReader reader)
    {
        var kind = reader.Number();
        return kind switch
        {
            Done => new ConfigureOutcome.Configured(ReadDescriptor(reader)),
            NotFound => new ConfigureOutcome.NotFound(),
            Gone => new ConfigureOutcome.Gone(),
            NotNow => reader.Reason() is var (reason, detail) ? new ConfigureOutcome.Unavailable(reason, detail) : null!,
            Refused => new ConfigureOutcome.Invalid(ReadRefusal(reader)),
            _ => throw Unknown(nameof(ConfigureOutcome), kind),
        };
    }

    void IWireFormat<StreamOffset>.Write(WireWriter writer, StreamOffset value) => writer.Offset(value);

    StreamOffset IWireFormat<StreamOffset>.Read(WireReader reader) => reader.Offset();

    void IWireFormat<TrimOutcome>.Write(WireWriter writer, TrimOutcome value)
    {
        if (value is TrimOutcome.InvalidPosition invalid)
        {
            writer.Number(Refused);
            writer.Offset(invalid.Tail);
            return;
        }

        Write(
            writer,
            value is TrimOutcome.NotFound ? NotFound : Gone,
            (value as TrimOutcome.Trimmed)?.Descriptor,
            value is TrimOutcome.Unavailable u ? (u.Reason, u.Detail) : null);
    }

    TrimOutcome IWireFormat<TrimOutcome>.Read(WireReader reader)
    {
        var kind = reader.Number();
        return kind switch
        {
            Done => new TrimOutcome.Trimmed(ReadDescriptor(reader)),
            NotFound => new TrimOutcome.NotFound(),
            Gone => new TrimOutcome.Gone(),
            NotNow => reader.Reason() is var (reason, detail) ? new TrimOutcome.Unavailable(reason, detail) : null!,
            Refused => new TrimOutcome.InvalidPosition(reader.Offset()),
            _ => throw Unknown(nameof(TrimOutcome), kind),
        };
    }

    void IWireFormat<DeleteOutcome>.Write(WireWriter writer, DeleteOutcome value) => Write(
        writer,
        value switch { DeleteOutcome.Deleted => Done, DeleteOutcome.NotFound => NotFound, _ => Gone },
        descriptor: null,
        value is DeleteOutcome.Unavailable u ? (u.Reason, u.Detail) : null);

    DeleteOutcome IWireFormat<DeleteOutcome>.Read(WireReader reader)
    {
        var kind = reader.Number();
        return kind switch
        {
            Done => new DeleteOutcome.Deleted(),
            NotFound => new DeleteOutcome.NotFound(),
            Gone => new DeleteOutcome.Gone(),
            NotNow => reader.Reason() is var (reason, detail) ? new DeleteOutcome.Unavailable(reason, detail) : null!,
            _ => throw Unknown(nameof(DeleteOutcome), kind),
        };
    }

    private static void Write(
        WireWriter writer, int kind, StreamDescriptor? descriptor, (UnavailableReason Reason, string Detail)? notNow)
    {
        if (descriptor is not null)
        {
            writer.Number(Done);
            Write(writer, descriptor);
        }
        else if (notNow is var (reason, detail))
        {
            writer.Number(NotNow);
            writer.Reason(reason, detail);
        }
        else
        {
            writer.Number(kind);
        }
    }
}
