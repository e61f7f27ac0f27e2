using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>A <see cref="ReadReply"/> between silos. The number of a case never changes.</summary>
[GenerateSerializer]
[Immutable]
[OmitDefaultMemberValues]
[Alias("ec.read-reply")]
internal record struct ReadReplyMessage
{
    /// <summary>The case.</summary>
    [Id(0)]
    public int Kind;

    /// <summary>The owner waited as long as it was asked to.</summary>
    [Id(1)]
    public bool WaitEnded;

    /// <summary>Where the batch starts.</summary>
    [Id(2)]
    public StreamOffset From;

    /// <summary>The position behind the batch.</summary>
    [Id(3)]
    public StreamOffset Next;

    /// <summary>The stream.</summary>
    [Id(4)]
    public StreamDescriptor? Stream;

    /// <summary>The events of a batch; null for none.</summary>
    [Id(5)]
    public BlockSliceMessage[]? Slices;

    /// <summary>Why the position is lost.</summary>
    [Id(6)]
    public StreamGap? Gap;

    /// <summary>An <see cref="UnavailableReason"/>.</summary>
    [Id(7)]
    public int Reason;

    /// <summary>The detail of "not now".</summary>
    [Id(8)]
    public string? Detail;

    /// <summary>The events of a batch are good, but its tail could not be confirmed.</summary>
    [Id(9)]
    public bool ClaimWithheld;

    /// <summary>From a reply.</summary>
    public static ReadReplyMessage Of(ReadReply reply)
    {
        var message = reply.Outcome switch
        {
            ReadOutcome.Batch o => new ReadReplyMessage
            {
                Kind = 1,
                From = o.From,
                Next = o.Next,
                Stream = o.Descriptor,
                Slices = Messages(o.Slices),
                ClaimWithheld = o.ClaimWithheld,
            },
            ReadOutcome.Gap o => new ReadReplyMessage { Kind = 2, Gap = o.Info, Stream = o.Descriptor },
            ReadOutcome.NotFound => new ReadReplyMessage { Kind = 3 },
            ReadOutcome.Gone => new ReadReplyMessage { Kind = 4 },
            ReadOutcome.Unavailable o => new ReadReplyMessage { Kind = 5, Reason = (int)o.Reason, Detail = o.Detail },
            _ => throw new InvalidOperationException($"{reply.Outcome.GetType().Name} has no number between silos."),
        };
        message.WaitEnded = reply.WaitEnded;
        return message;
    }

    /// <summary>The reply.</summary>
    public readonly ReadReply ToReply() => new(
        Kind switch
        {
            1 => new ReadOutcome.Batch(
                From, Next, Array.ConvertAll(Slices ?? [], static slice => slice.ToSlice()), WireField.Required(Stream, "stream"))
            {
                ClaimWithheld = ClaimWithheld,
            },
            2 => new ReadOutcome.Gap(WireField.Required(Gap, "gap"), WireField.Required(Stream, "stream")),
            3 => new ReadOutcome.NotFound(),
            4 => new ReadOutcome.Gone(),
            5 => new ReadOutcome.Unavailable(WireField.Reason(Reason), Detail ?? string.Empty),
            _ => new ReadOutcome.Unavailable(UnavailableReason.Moved, WireField.UnknownCase(nameof(ReadOutcome), Kind)),
        },
        WaitEnded);

    private static BlockSliceMessage[]? Messages(IReadOnlyList<BlockSlice> slices)
    {
        if (slices.Count == 0)
        {
            return null;
        }

        var messages = new BlockSliceMessage[slices.Count];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = BlockSliceMessage.Of(slices[i]);
        }

        return messages;
    }
}
