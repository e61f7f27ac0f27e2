using EventCluster.Protocol;

namespace EventCluster.Abstractions.Store;

/// <summary>
/// The back door: where streams are remembered. One instance serves one node; many nodes may share one medium.
/// </summary>
/// <remarks>
/// <para><b>Fences.</b> <see cref="OpenAsync"/> makes its caller the owner of a stream and gives it a fence larger than
/// any the stream (also a deleted one of that name) ever had. Every commit names its fence; a commit under an older
/// fence than the newest is refused as <see cref="CommitStatus.Conflict"/>. Reads need no fence.</para>
/// <para><b>Atomicity.</b> A commit's parts (block, producers, state, head, purges) become visible and durable together
/// or not at all, also across a crash. When <see cref="CommitAsync"/> returns <see cref="CommitStatus.Committed"/>, the
/// promise of <see cref="Durability"/> holds. Commits of one stream are sent one at a time by its owner; commits of
/// different streams may be gathered, and one refused commit never fails its neighbours.</para>
/// <para><b>Faults.</b> An exception from <see cref="CommitAsync"/> means that the outcome is unknown, whatever its type:
/// the owner opens again under a new fence and compares version and commit id (CORRECTNESS rule 2). Expected refusals
/// are values; <see cref="CommitStatus.Unreachable"/> is the answer when the store knows that nothing was written. An exception from a read means that nothing is known about the data: never treated as absence.
/// <see cref="LogDamagedException"/> says that stored bytes failed their checksum,
/// <see cref="StoreUnreachableException"/> that the medium does not answer now.</para>
/// <para><b>Lost commits.</b> A medium that can tell that it lost commits, or may have, says so with
/// <see cref="OpenedStream.MayHaveLostCommits"/> until a commit with <see cref="StreamCommit.Incarnations"/> begins a new
/// incarnation, and never draws a number again that was drawn before (CORRECTNESS rule 28).</para>
/// <para><b>Misuse.</b> A commit that its owner can never mean throws <see cref="ArgumentException"/> and writes nothing:
/// above <see cref="MaxCommitBytes"/> or <see cref="MaxCommitProducers"/>, a block that does not continue at the old tail
/// in the newest history, a creation without state or incarnations. A stale owner gets its conflict first.</para>
/// <para><b>Buffers.</b> The store may keep a reference to a block's bytes and to <see cref="StreamCommit.State"/>
/// after the call; nobody writes to them any more. Blocks returned by reads are shared in the same way.</para>
/// <para><b>Cancellation.</b> Cancelling a commit abandons the wait, not the commit: its outcome is then unknown.</para>
/// </remarks>
public interface ILogStore : IAsyncDisposable
{
    /// <summary>What an acknowledged commit survives.</summary>
    Durability Durability { get; }

    /// <summary>Largest sum of block bytes and state bytes of one commit; the runner cuts between appends to fit.</summary>
    int MaxCommitBytes { get; }

    /// <summary>Most producer entries (updates and removals) in one commit.</summary>
    int MaxCommitProducers { get; }

    /// <summary>Whether writes are accepted now, and if not, why.</summary>
    StoreHealth Health { get; }

    /// <summary>
    /// Takes ownership: raises the stream's fence and returns it with the head and all producers, in one atomic step.
    /// For a name without a stream the head is null and nothing is written; the fence still counts for the creating commit.
    /// </summary>
    ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken);

    /// <summary>
    /// Commits if the fence is the newest and the stored version equals <see cref="StreamCommit.ExpectedVersion"/>
    /// (0 for a stream that does not exist); the version then grows by one.
    /// </summary>
    ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken);

    /// <summary>The committed head and the newest fence as the store has them now, or null for no stream. Takes no ownership.</summary>
    ValueTask<StoredHead?> GetHeadAsync(StreamName name, CancellationToken cancellationToken);

    /// <summary>
    /// Other nodes may own streams of the same medium, so what an owner remembers is confirmed with <see cref="GetStampsAsync"/>
    /// before it is claimed to be the newest (CORRECTNESS rule 27). False for a medium that one process has for itself: its
    /// own memory is the confirmation.
    /// </summary>
    bool IsShared => true;

    /// <summary>
    /// Fence and version of many streams as the medium has them now, in the order asked; <c>default</c> for no stream. Takes no
    /// ownership. Answers only from the place that takes the commits, never from a copy that may lag, and throws
    /// <see cref="StoreUnreachableException"/> when that place cannot be asked. A store that many nodes share answers with one
    /// question to its medium: each node asks this all the time. An empty list asks only whether the medium answers.
    /// </summary>
    async ValueTask<IReadOnlyList<HeadStamp>> GetStampsAsync(IReadOnlyList<StreamName> names, CancellationToken cancellationToken)
    {
        var stamps = new HeadStamp[names.Count];
        for (var i = 0; i < stamps.Length; i++)
        {
            stamps[i] = HeadStamp.Of(await GetHeadAsync(names[i], cancellationToken));
        }

        return stamps;
    }

    /// <summary>
    /// Blocks of one history that overlap <c>[range.From, range.To)</c>, ascending and consecutive, the first one holding
    /// <c>range.From</c>. At least one block when one overlaps, else as many as fit <paramref name="maxBytes"/> of
    /// encoded bytes. Blocks may reach over both ends of the range: the caller clips.
    /// Empty when no block of that history holds <c>range.From</c> (purged, or never was).
    /// </summary>
    ValueTask<IReadOnlyList<EventBlock>> ReadAsync(BlockRange range, int maxBytes, CancellationToken cancellationToken);

    /// <summary>
    /// The blocks from the one that holds <paramref name="from"/> on, of any history of this stream, ascending, at most
    /// <paramref name="limit"/>, without their bytes. Retention decides on these.
    /// </summary>
    ValueTask<IReadOnlyList<BlockInfo>> ListBlocksAsync(
        StreamName name, long from, int limit, CancellationToken cancellationToken);

    /// <summary>Draws the next incarnation of the whole store: larger than every one drawn or committed before, also across restarts
    /// as far as any commit used it.</summary>
    ValueTask<long> DrawIncarnationAsync(CancellationToken cancellationToken);

    /// <summary>Heads in byte order of names, after <paramref name="after"/>, whose names start with <paramref name="prefix"/>.</summary>
    /// <param name="prefix">Prefix of the name's text; empty for all.</param>
    /// <param name="after">Name to continue after; null for the start.</param>
    /// <param name="limit">At most this many, 1 or more.</param>
    /// <param name="cancellationToken">Abandons the listing.</param>
    ValueTask<IReadOnlyList<StoredHead>> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Names whose <see cref="StreamHead.DueAtMilliseconds"/> is at or before the given time, earliest first, without
    /// loading the streams. A due name stays listed until a commit moves its due time.
    /// </summary>
    ValueTask<IReadOnlyList<StreamName>> ListDueAsync(long nowMilliseconds, int limit, CancellationToken cancellationToken);
}
