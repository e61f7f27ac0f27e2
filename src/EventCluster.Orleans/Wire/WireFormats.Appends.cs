using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Wire;

/// <content>Appends.</content>
internal sealed partial class WireFormats : IWireFormat<AppendRequest[]>, IWireFormat<AppendOutcome[]>
{
    void IWireFormat<AppendRequest[]>.Write(WireWriter writer, AppendRequest[] value)
    {
        writer.Number(value.Length);
        foreach (var request in value)
        {
            writer.Optional(request.ContentType, writer.Type);
            writer.Events(request.Events);
            writer.Flag(request.Close);
            writer.Optional(request.Producer);
            writer.Optional(request.StreamSeq);
            writer.Optional(request.ExpectedOffset, writer.Offset);
        }
    }

    AppendRequest[] IWireFormat<AppendRequest[]>.Read(WireReader reader)
    {
        var requests = new AppendRequest[reader.Int()];
        for (var i = 0; i < requests.Length; i++)
        {
            requests[i] = new AppendRequest
            {
                ContentType = reader.Optional(reader.Type),
                Events = reader.Events(),
                Close = reader.Flag(),
                Producer = reader.OptionalStamp(),
                StreamSeq = reader.OptionalText(),
                ExpectedOffset = reader.Optional(reader.Offset),
            };
        }

        return requests;
    }

    void IWireFormat<AppendOutcome[]>.Write(WireWriter writer, AppendOutcome[] value)
    {
        writer.Number(value.Length);
        foreach (var outcome in value)
        {
            Write(writer, outcome);
        }
    }

    AppendOutcome[] IWireFormat<AppendOutcome[]>.Read(WireReader reader)
    {
        var outcomes = new AppendOutcome[reader.Int()];
        for (var i = 0; i < outcomes.Length; i++)
        {
            outcomes[i] = ReadAppendOutcome(reader);
        }

        return outcomes;
    }

    private static void Write(WireWriter writer, AppendOutcome outcome)
    {
        writer.Number(KindOf(outcome));
        switch (outcome)
        {
            case AppendOutcome.Appended o:
                writer.Offset(o.First);
                writer.Offset(o.Next);
                writer.Flag(o.Closed);
                break;
            case AppendOutcome.Duplicate o:
                writer.Offset(o.Tail);
                writer.Number(o.Epoch);
                writer.Number(o.HighestSequence);
                writer.Flag(o.Closed);
                break;
            case AppendOutcome.AlreadyClosed o:
                writer.Offset(o.Tail);
                break;
            case AppendOutcome.RefusedClosed o:
                writer.Offset(o.Tail);
                writer.Flag(o.WasAccepted);
                break;
            case AppendOutcome.TailMismatch o:
                writer.Offset(o.Tail);
                break;
            case AppendOutcome.ContentTypeMismatch o:
                writer.Type(o.Expected);
                break;
            case AppendOutcome.StaleEpoch o:
                writer.Number(o.CurrentEpoch);
                break;
            case AppendOutcome.EpochMustStartAtZero o:
                writer.Number(o.Received);
                break;
            case AppendOutcome.SequenceGap o:
                writer.Number(o.Expected);
                writer.Number(o.Received);
                break;
            case AppendOutcome.StreamSeqConflict o:
                writer.Text(o.Last);
                break;
            case AppendOutcome.Invalid o:
                Write(writer, o.Why);
                break;
            case AppendOutcome.Unavailable o:
                writer.Reason(o.Reason, o.Detail);
                break;
        }
    }

    private static int KindOf(AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Appended => 1,
        AppendOutcome.Duplicate => 2,
        AppendOutcome.AlreadyClosed => 3,
        AppendOutcome.RefusedClosed => 4,
        AppendOutcome.ContentTypeMismatch => 5,
        AppendOutcome.StaleEpoch => 6,
        AppendOutcome.EpochMustStartAtZero => 7,
        AppendOutcome.SequenceGap => 8,
        AppendOutcome.TailMismatch => 9,
        AppendOutcome.StreamSeqConflict => 10,
        AppendOutcome.ProducerLimit => 11,
        AppendOutcome.NotFound => 12,
        AppendOutcome.Gone => 13,
        AppendOutcome.Unavailable => 14,
        AppendOutcome.Invalid => 15,
        _ => throw Unknown(nameof(AppendOutcome), 0),
    };

    private static AppendOutcome ReadAppendOutcome(WireReader reader)
    {
        var kind = reader.Number();
        return kind switch
        {
            1 => new AppendOutcome.Appended(reader.Offset(), reader.Offset(), reader.Flag()),
            2 => new AppendOutcome.Duplicate(reader.Offset(), reader.Number(), reader.Number(), reader.Flag()),
            3 => new AppendOutcome.AlreadyClosed(reader.Offset()),
            4 => new AppendOutcome.RefusedClosed(reader.Offset(), reader.Flag()),
            5 => new AppendOutcome.ContentTypeMismatch(reader.Type()),
            6 => new AppendOutcome.StaleEpoch(reader.Number()),
            7 => new AppendOutcome.EpochMustStartAtZero(reader.Number()),
            8 => new AppendOutcome.SequenceGap(reader.Number(), reader.Number()),
            9 => new AppendOutcome.TailMismatch(reader.Offset()),
            10 => new AppendOutcome.StreamSeqConflict(reader.Text()),
            11 => new AppendOutcome.ProducerLimit(),
            12 => new AppendOutcome.NotFound(),
            13 => new AppendOutcome.Gone(),
            14 => reader.Reason() is var (reason, detail) ? new AppendOutcome.Unavailable(reason, detail) : null!,
            15 => new AppendOutcome.Invalid(ReadRefusal(reader)),
            _ => throw Unknown(nameof(AppendOutcome), kind),
        };
    }
}
