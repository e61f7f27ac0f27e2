using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>Result of an append or close.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome()
    {
    }

    /// <summary>Committed.</summary>
    /// <param name="First">Position before the first appended event (the tail that the append found).</param>
    /// <param name="Next">Position after the last appended event.</param>
    /// <param name="Closed">The stream is closed now.</param>
    public sealed record Appended(StreamOffset First, StreamOffset Next, bool Closed) : AppendOutcome;

    /// <summary>This producer sequence was accepted before; nothing was appended.</summary>
    /// <param name="Tail">The committed tail.</param>
    /// <param name="Epoch">The producer's epoch.</param>
    /// <param name="HighestSequence">Its highest accepted sequence.</param>
    /// <param name="Closed">The stream is closed.</param>
    public sealed record Duplicate(StreamOffset Tail, long Epoch, long HighestSequence, bool Closed) : AppendOutcome;

    /// <summary>A close of a closed stream without new events: it stays closed.</summary>
    public sealed record AlreadyClosed(StreamOffset Tail) : AppendOutcome;

    /// <summary>The stream is closed; events cannot be appended.</summary>
    /// <param name="Tail">The committed tail.</param>
    /// <param name="WasAccepted">
    /// The same producer sequence was accepted before the stream was closed: this is a repetition, and its events are there.
    /// Clients are refused all the same (the protocol asks for it); who repeats an attempt by itself must know.
    /// </param>
    public sealed record RefusedClosed(StreamOffset Tail, bool WasAccepted = false) : AppendOutcome;

    /// <summary>The body's content type is not the stream's.</summary>
    public sealed record ContentTypeMismatch(StreamContentType Expected) : AppendOutcome;

    /// <summary>The producer's epoch is older than the remembered one.</summary>
    public sealed record StaleEpoch(long CurrentEpoch) : AppendOutcome;

    /// <summary>A new producer epoch must start at sequence 0.</summary>
    public sealed record EpochMustStartAtZero(long Received) : AppendOutcome;

    /// <summary>Producer sequences are missing before this one.</summary>
    public sealed record SequenceGap(long Expected, long Received) : AppendOutcome;

    /// <summary>The tail is not the expected one.</summary>
    public sealed record TailMismatch(StreamOffset Tail) : AppendOutcome;

    /// <summary><c>Stream-Seq</c> is not above the last one.</summary>
    public sealed record StreamSeqConflict(string Last) : AppendOutcome;

    /// <summary>The stream remembers as many producers as it may, none idle long enough to forget.</summary>
    public sealed record ProducerLimit : AppendOutcome;

    /// <summary>No such stream.</summary>
    public sealed record NotFound : AppendOutcome;

    /// <summary>Deleted, kept for forks.</summary>
    public sealed record Gone : AppendOutcome;

    /// <summary>The append breaks a rule of every way in (<see cref="RequestRules"/>); nothing was appended.</summary>
    public sealed record Invalid(Refusal Why) : AppendOutcome;

    /// <summary>Not now.</summary>
    public sealed record Unavailable(UnavailableReason Reason, string Detail) : AppendOutcome;
}
