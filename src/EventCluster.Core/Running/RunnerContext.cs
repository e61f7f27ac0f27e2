using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Core.Blocks;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Core.Running;

/// <summary>What all runners of one directory share: the store, limits, the clock and node-wide counts.</summary>
internal sealed class RunnerContext : IDisposable
{
    /// <summary>Every state fits this but one with very many forks: 64 ancestors and all texts at their longest.</summary>
    private const int SmallestStateBytes = 64 * 1024;

    private const int LargestStateBytes = 1024 * 1024;

    private readonly ulong _commitIdBase;
    private readonly bool _isShared;
    private long _commitIdCount;
    private long _questions;
    private long _tailCacheBytes;
    private int _parkedReads;
    private bool _isStopping;
    private long _answeredAt;
    private CancellationTokenSource _cuttingOff = new();
    private CancellationToken _storeWait;

    /// <summary>A context; throws when the store cannot take the largest append.</summary>
    public RunnerContext(
        ILogStore store, LocalStreamDirectoryOptions options, TimeProvider time, Random random, ILogger logger)
    {
        Store = store;
        Incarnations = new IncarnationNumbers(store);
        Blocks = new BlockReader(store, Incarnations);
        Options = options;
        Clock = new DirectoryClock(time);
        Logger = logger;
        var largestAppend = EventBlock.EncodedBytes(options.MaxAppendEvents, options.MaxAppendBytes);
        var largestState = Math.Min(LargestStateBytes, store.MaxCommitBytes - largestAppend);
        if (largestState < SmallestStateBytes || largestAppend > ProtocolLimits.MaxBlockBytes || store.MaxCommitProducers < 2)
        {
            throw new ArgumentException(
                $"The largest append needs a commit of {largestAppend + SmallestStateBytes} bytes and 2 producer entries, but "
                + $"the store takes {store.MaxCommitBytes} bytes and {store.MaxCommitProducers} entries; "
                + $"lower {nameof(options.MaxAppendBytes)} or {nameof(options.MaxAppendEvents)}.",
                nameof(options));
        }

        Limits = new LogLimits
        {
            MaxForks = options.MaxForksPerStream,
            MaxStateBytes = (int)largestState,
            RetentionDefaults = options.RetentionDefaults,
            MaxProducers = options.MaxProducersPerStream,
            ProducerIdle = (long)options.ProducerIdleBeforeEviction.TotalMilliseconds,
            StreamState = options.StreamState,
            MaxForkDepth = options.MaxForkDepth,
            MaxCommitBytes = store.MaxCommitBytes,
            MaxCommitProducers = store.MaxCommitProducers,
            SettleForksAfter = (long)options.SettleForksAfter.TotalMilliseconds,
        };
        _commitIdBase = (ulong)random.NextInt64();
        _isShared = store.IsShared;
        _storeWait = _cuttingOff.Token;
        Confirmer = new HeadConfirmer(this);
        _answeredAt = Clock.Timestamp;
    }

    /// <summary>The back door.</summary>
    public ILogStore Store { get; }

    /// <summary>Reads events for all runners.</summary>
    public BlockReader Blocks { get; }

    /// <summary>Confirms heads with the store.</summary>
    public HeadConfirmer Confirmer { get; }

    /// <summary>
    /// How many commits, opens and questions about heads were sent so far. What is sent later has a higher number, however coarse
    /// the clock is.
    /// </summary>
    public long Questions => Interlocked.Read(ref _questions);

    /// <summary>Numbers what is about to be sent to the store.</summary>
    public long NoteQuestion() => Interlocked.Increment(ref _questions);

    /// <summary>Numbers for new incarnations.</summary>
    public IncarnationNumbers Incarnations { get; }

    /// <summary>What owners that ended had acknowledged.</summary>
    public AcknowledgedHeads Acknowledged { get; } = new();

    /// <summary>What owners count.</summary>
    public CoreInstruments Instruments { get; } = new();

    /// <summary>Named limits.</summary>
    public LocalStreamDirectoryOptions Options { get; }

    /// <summary>The clock.</summary>
    public DirectoryClock Clock { get; }

    /// <summary>The directory's log.</summary>
    public ILogger Logger { get; }

    /// <summary>Limits that decisions depend on.</summary>
    public LogLimits Limits { get; }

    /// <summary>The directory is stopping: no read waits any more, no client command is taken.</summary>
    public bool IsStopping
    {
        get => Volatile.Read(ref _isStopping);
        set => Volatile.Write(ref _isStopping, value);
    }

    /// <summary>
    /// This node lost the store while others reach it: its streams are dropped, and it takes none. Waits for the store that cannot
    /// be trusted to end are cancelled by <see cref="StoreWait"/>.
    /// </summary>
    public bool IsCutOff { get; private set; }

    /// <summary>Cancelled when the node is cut off; what it cancels has an unknown outcome.</summary>
    public CancellationToken StoreWait => _isShared ? _storeWait : CancellationToken.None;

    /// <summary>How long ago the newest question was sent that the store answered.</summary>
    public TimeSpan SinceAnswered => Clock.Time.GetElapsedTime(Interlocked.Read(ref _answeredAt));

    /// <summary>The store answered a question that was sent then.</summary>
    public void NoteAnswered(ClockReading askedAt)
    {
        var known = Interlocked.Read(ref _answeredAt);
        while (askedAt.Timestamp > known)
        {
            var seen = Interlocked.CompareExchange(ref _answeredAt, askedAt.Timestamp, known);
            if (seen == known)
            {
                return;
            }

            known = seen;
        }
    }

    /// <summary>The node is cut off from the store, or no longer.</summary>
    public void SetCutOff(bool isCutOff)
    {
        if (IsCutOff == isCutOff)
        {
            return;
        }

        IsCutOff = isCutOff;
        if (isCutOff)
        {
            _cuttingOff.Cancel();
        }
        else
        {
            // The old one is not disposed: a wait that began before may still ask it.
            _cuttingOff = new CancellationTokenSource();
            _storeWait = _cuttingOff.Token;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        Instruments.Dispose();
        _cuttingOff.Dispose();
    }

    /// <summary>The tail caches of this node hold more than they may together.</summary>
    public bool TailCachesAreFull => Interlocked.Read(ref _tailCacheBytes) > Options.TailCacheBytesPerNode;

    /// <summary>Reads that wait at tails now.</summary>
    public int ParkedReads => Volatile.Read(ref _parkedReads);

    /// <summary>A commit identity: a random number drawn at the start and a count.</summary>
    public UInt128 NextCommitId() => new(_commitIdBase, (ulong)Interlocked.Increment(ref _commitIdCount));

    /// <summary>Accounts for encoded bytes that a tail cache gained or, negative, lost.</summary>
    public void AddTailCacheBytes(long bytes) => Interlocked.Add(ref _tailCacheBytes, bytes);

    /// <summary>Counts one more waiting read; false when the node has as many as it may.</summary>
    public bool TryAddParkedRead()
    {
        if (Interlocked.Increment(ref _parkedReads) <= Options.MaxParkedReadsPerNode)
        {
            return true;
        }

        Interlocked.Decrement(ref _parkedReads);
        return false;
    }

    /// <summary>Counts one waiting read less.</summary>
    public void RemoveParkedRead() => Interlocked.Decrement(ref _parkedReads);
}
