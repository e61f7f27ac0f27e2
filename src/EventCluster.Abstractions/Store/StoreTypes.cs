using EventCluster.Protocol;

namespace EventCluster.Abstractions.Store;

/// <summary>The part of a stream's state that changes with almost every commit. Times are Unix milliseconds.</summary>
/// <param name="Tail">Sequence after the last event.</param>
/// <param name="Earliest">Sequence of the earliest position that readers may use.</param>
/// <param name="RetainedBytes">Payload bytes of the stream's own events from <paramref name="Earliest"/> on.</param>
/// <param name="LastEventMilliseconds">Time of the last event; the next one is never earlier. 0 before the first.</param>
/// <param name="DueAtMilliseconds">When the owner must look at the stream even if nobody asks; <see cref="NeverDue"/> for never.</param>
public readonly record struct StreamHead(
    long Tail, long Earliest, long RetainedBytes, long LastEventMilliseconds, long DueAtMilliseconds)
{
    /// <summary><see cref="DueAtMilliseconds"/> of a stream that needs no visit.</summary>
    public const long NeverDue = long.MaxValue;
}

/// <summary>A stream as the store has it.</summary>
/// <param name="Name">The stream.</param>
/// <param name="Fence">The newest ownership number.</param>
/// <param name="Version">Number of commits since creation; at least 1.</param>
/// <param name="LastCommitId">Identity of the newest commit.</param>
/// <param name="Head">Positions, bytes and times.</param>
/// <param name="Incarnations">The stream's histories.</param>
/// <param name="State">The owner's encoded state.</param>
public sealed record StoredHead(
    StreamName Name,
    long Fence,
    long Version,
    UInt128 LastCommitId,
    StreamHead Head,
    IncarnationList Incarnations,
    ReadOnlyMemory<byte> State);

/// <summary>What opening a stream gives its owner.</summary>
/// <param name="Fence">The caller's ownership number, larger than any before.</param>
/// <param name="Head">The committed head, or null when no stream of that name exists.</param>
/// <param name="Producers">All remembered producers.</param>
public sealed record OpenedStream(long Fence, StoredHead? Head, IReadOnlyList<ProducerEntry> Producers);

/// <summary>What a stream remembers of an idempotent producer.</summary>
/// <param name="Id">The producer's identity, at most 256 bytes of UTF-8.</param>
/// <param name="Epoch">Its newest epoch.</param>
/// <param name="Sequence">Its highest accepted sequence in that epoch.</param>
/// <param name="LastUsedMilliseconds">When it last appended, Unix milliseconds.</param>
public sealed record ProducerEntry(string Id, long Epoch, long Sequence, long LastUsedMilliseconds);

/// <summary>A block without its bytes.</summary>
/// <param name="Incarnation">The history it belongs to.</param>
/// <param name="FirstSequence">Sequence before its first event.</param>
/// <param name="Count">Number of events.</param>
/// <param name="PayloadBytes">Sum of the payload lengths.</param>
/// <param name="LastTimeMilliseconds">Time of its last event.</param>
public readonly record struct BlockInfo(
    long Incarnation, long FirstSequence, int Count, int PayloadBytes, long LastTimeMilliseconds)
{
    /// <summary>Sequence after the last event.</summary>
    public long EndSequence => FirstSequence + Count;
}

/// <summary>A half-open range of sequences.</summary>
/// <param name="From">First sequence inside.</param>
/// <param name="To">First sequence after it.</param>
public readonly record struct SequenceRange(long From, long To);

/// <summary>Where to read: blocks are keyed (storing stream, incarnation, first sequence).</summary>
/// <param name="Stream">The stream that stores the blocks; for inherited data of a fork, an ancestor.</param>
/// <param name="Incarnation">The history that the blocks belong to.</param>
/// <param name="From">First sequence wanted.</param>
/// <param name="To">First sequence not wanted.</param>
public readonly record struct BlockRange(StreamName Stream, long Incarnation, long From, long To);

/// <summary>Expected answers of a store to a commit.</summary>
public enum CommitStatus
{
    /// <summary>Stored with the store's durability.</summary>
    Committed = 0,

    /// <summary>The fence or the version is not the newest: another owner exists. Nothing was written.</summary>
    Conflict = 1,

    /// <summary>The medium has no room. Nothing was written; later commits may succeed.</summary>
    Full = 2,

    /// <summary>The commit would create a stream above the store's limit. Nothing was written.</summary>
    TooManyStreams = 3,

    /// <summary>The store refuses all writes until it is opened again (a failed flush). Nothing of this commit is kept.</summary>
    Refused = 4,
}

/// <summary>Whether a store accepts writes.</summary>
/// <param name="AcceptsWrites">False after a final fault or while the medium is full.</param>
/// <param name="IsFinal">True when only a restart can help; the host then stops.</param>
/// <param name="Reason">Why not, for readiness and logs; null when all is well.</param>
public sealed record StoreHealth(bool AcceptsWrites, bool IsFinal, string? Reason)
{
    /// <summary>All is well.</summary>
    public static readonly StoreHealth Good = new(AcceptsWrites: true, IsFinal: false, Reason: null);
}

/// <summary>Stored bytes failed their checksum or contradict the index: data is damaged, never silently skipped.</summary>
/// <param name="message">Which medium, where, and which streams and sequences are touched.</param>
public sealed class LogDamagedException(string message) : IOException(message);
