using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;

namespace EventCluster.Orleans.Wire;

/// <content>Creates, and holds of forks on their sources.</content>
internal sealed partial class WireFormats :
    IWireFormat<CreateRequest>, IWireFormat<CreateOutcome>, IWireFormat<ForkHoldRequest>, IWireFormat<ForkHoldAnswer>
{
    void IWireFormat<CreateRequest>.Write(WireWriter writer, CreateRequest value)
    {
        writer.Optional(value.ContentType, writer.Type);
        writer.Optional(value.TtlSeconds);
        writer.Optional(value.ExpiresAt?.UtcTicks);
        writer.Limits(value.Retention);
        writer.Events(value.Events);
        writer.Flag(value.Close);
        writer.Flag(value.Fork is not null);
        if (value.Fork is not null)
        {
            Write(writer, value.Fork);
        }
    }

    CreateRequest IWireFormat<CreateRequest>.Read(WireReader reader) => new()
    {
        ContentType = reader.Optional(reader.Type),
        TtlSeconds = reader.OptionalNumber(),
        ExpiresAt = reader.OptionalNumber() is { } ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
        Retention = reader.Limits(),
        Events = reader.Events(),
        Close = reader.Flag(),
        Fork = reader.Flag() ? ReadFork(reader) : null,
    };

    void IWireFormat<CreateOutcome>.Write(WireWriter writer, CreateOutcome value) => Write(writer, value);

    CreateOutcome IWireFormat<CreateOutcome>.Read(WireReader reader) => ReadCreateOutcome(reader);

    void IWireFormat<ForkHoldRequest>.Write(WireWriter writer, ForkHoldRequest value)
    {
        Write(writer, value.Spec);
        writer.Name(value.Fork);
        writer.Optional(value.ContentType, writer.Type);
        writer.Number(value.Incarnation);
    }

    ForkHoldRequest IWireFormat<ForkHoldRequest>.Read(WireReader reader) =>
        new(ReadFork(reader), reader.Name(), reader.Optional(reader.Type), reader.Number());

    void IWireFormat<ForkHoldAnswer>.Write(WireWriter writer, ForkHoldAnswer value)
    {
        writer.Flag(value.Refusal is not null);
        if (value.Refusal is { } refusal)
        {
            Write(writer, refusal);
        }
        else
        {
            writer.Buffer(value.EncodeBasis());
        }
    }

    ForkHoldAnswer IWireFormat<ForkHoldAnswer>.Read(WireReader reader) => reader.Flag()
        ? ForkHoldAnswer.Refused(ReadCreateOutcome(reader))
        : ForkHoldAnswer.DecodeBasis(reader.Buffer());

    private static void Write(WireWriter writer, CreateOutcome outcome)
    {
        writer.Number(KindOf(outcome));
        switch (outcome)
        {
            case CreateOutcome.Created o:
                Write(writer, o.Descriptor);
                break;
            case CreateOutcome.Exists o:
                Write(writer, o.Descriptor);
                break;
            case CreateOutcome.Conflict o:
                writer.Text(o.What);
                break;
            case CreateOutcome.SourceTypeMismatch o:
                writer.Type(o.Expected);
                break;
            case CreateOutcome.InvalidFork o:
                writer.Text(o.What);
                break;
            case CreateOutcome.ForkGap o:
                Write(writer, o.Gap);
                break;
            case CreateOutcome.ForkLimit o:
                writer.Number(o.MaxForks);
                break;
            case CreateOutcome.Invalid o:
                Write(writer, o.Why);
                break;
            case CreateOutcome.Unavailable o:
                writer.Reason(o.Reason, o.Detail);
                break;
        }
    }

    private static int KindOf(CreateOutcome outcome) => outcome switch
    {
        CreateOutcome.Created => 1,
        CreateOutcome.Exists => 2,
        CreateOutcome.Conflict => 3,
        CreateOutcome.Held => 4,
        CreateOutcome.SourceNotFound => 5,
        CreateOutcome.SourceGone => 6,
        CreateOutcome.SourceTypeMismatch => 7,
        CreateOutcome.InvalidFork => 8,
        CreateOutcome.ForkGap => 9,
        CreateOutcome.ForkTooDeep => 10,
        CreateOutcome.StreamLimit => 11,
        CreateOutcome.Unavailable => 12,
        CreateOutcome.ForkLimit => 13,
        CreateOutcome.Invalid => 14,
        _ => throw Unknown(nameof(CreateOutcome), 0),
    };

    private static CreateOutcome ReadCreateOutcome(WireReader reader)
    {
        var kind = reader.Number();
        return kind switch
        {
            1 => new CreateOutcome.Created(ReadDescriptor(reader)),
            2 => new CreateOutcome.Exists(ReadDescriptor(reader)),
            3 => new CreateOutcome.Conflict(reader.Text()),
            4 => new CreateOutcome.Held(),
            5 => new CreateOutcome.SourceNotFound(),
            6 => new CreateOutcome.SourceGone(),
            7 => new CreateOutcome.SourceTypeMismatch(reader.Type()),
            8 => new CreateOutcome.InvalidFork(reader.Text()),
            9 => new CreateOutcome.ForkGap(ReadGap(reader)),
            10 => new CreateOutcome.ForkTooDeep(),
            11 => new CreateOutcome.StreamLimit(),
            12 => reader.Reason() is var (reason, detail) ? new CreateOutcome.Unavailable(reason, detail) : null!,
            13 => new CreateOutcome.ForkLimit((int)reader.Number()),
            14 => new CreateOutcome.Invalid(ReadRefusal(reader)),
            _ => throw Unknown(nameof(CreateOutcome), kind),
        };
    }
}
