using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Forks;
using EventCluster.Core.Maintenance;
using EventCluster.Core.Owners;
using EventCluster.Core.Reading;
using EventCluster.Core.Running;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;

namespace EventCluster.Core;

/// <summary>
/// The front door of one node: streams are loaded when asked for, owned by one runner each, and leave memory when idle.
/// A stream that is only known costs nothing here. The store is the caller's: it is not disposed with the directory.
/// </summary>
public sealed partial class LocalStreamDirectory : IStreamDirectory, IAsyncDisposable
{
    /// <summary>
    /// Most time that <see cref="DisposeAsync"/> waits for pending commands: a store that answers needs far less, and one that does
    /// not would keep the process for ever.
    /// </summary>
    public static readonly TimeSpan DisposeTimeout = TimeSpan.FromSeconds(10);

    private readonly RunnerContext _context;
    private readonly Sweeper _sweeper;
    private bool _isDisposed;

    /// <summary>A directory over a store.</summary>
    /// <param name="store">Where streams are remembered; stays open until the directory has stopped.</param>
    /// <param name="options">Named limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Source of commit identities; seeded in a simulation.</param>
    /// <param name="logger">The log.</param>
    /// <param name="owners">How other streams' owners are reached; null when all of them are here.</param>
    /// <exception cref="ArgumentException">The store cannot take the largest append in one commit.</exception>
    public LocalStreamDirectory(
        ILogStore store,
        LocalStreamDirectoryOptions options,
        TimeProvider time,
        Random random,
        ILogger<LocalStreamDirectory> logger,
        IStreamOwners? owners = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(random);
        _context = new RunnerContext(store, options, time, random, logger);
        Streams = new StreamRegistry(_context);
        Reads = new ReadPath(Streams, _context);
        var local = new LocalStreamOwners(Streams, Reads, _context, owners);
        (LocalOwners, Forks) = (local, local.Forks);
        _sweeper = new Sweeper(Streams, _context, owners ?? local);
        Streams.TryMakeRoom = _sweeper.TryMakeRoom;
    }

    /// <inheritdoc />
    public Durability Durability => _context.Store.Durability;

    /// <inheritdoc />
    public StoreHealth Health => _context.IsStopping
        ? new StoreHealth(AcceptsWrites: false, IsFinal: false, "The server is stopping.")
        : _context.Store.Health.WithPartFault(ConfirmationFault ?? _sweeper.Fault);

    /// <summary>Why the newest state of streams cannot be confirmed in the store now; null while it can.</summary>
    public string? ConfirmationFault => IsCutOff
        ? "This node does not reach the store though others do; its streams have moved away."
        : _context.Confirmer.LastFault is { } fault ? $"Answers about the newest state of streams cannot be confirmed: {fault.Message}" : null;

    /// <summary>How long the store has not answered this node.</summary>
    public TimeSpan SinceStoreAnswered => _context.SinceAnswered;

    /// <summary>The node gave its streams up because it does not reach the store though others do.</summary>
    public bool IsCutOff => _context.IsCutOff;

    /// <summary>Cancelled when the node gives its streams up the next time.</summary>
    public CancellationToken CuttingOff => _context.StoreWait;

    /// <summary>Asks whether the store answers now.</summary>
    /// <exception cref="StoreUnreachableException">It does not.</exception>
    public ValueTask ProbeStoreAsync() => _context.Confirmer.ProbeAsync();

    /// <summary>
    /// Drops all streams without a word to the store, which does not answer: pending commands have an unknown outcome, waiting
    /// reads are sent to the next owners. No stream is taken until <see cref="Rejoin"/>.
    /// </summary>
    public void CutOff()
    {
        _context.SetCutOff(true);
        foreach (var runner in Streams.InOrder)
        {
            // One with a commit in flight ends with the wait for it.
            runner.EndStale();
        }
    }

    /// <summary>The store answers again: streams may come back.</summary>
    public void Rejoin() => _context.SetCutOff(false);

    /// <summary>Streams in memory now.</summary>
    public int LoadedStreams => Streams.Count;

    /// <summary>Names of streams in memory now, at most so many.</summary>
    public IEnumerable<StreamName> Loaded(int limit) => Streams.Names.Take(limit);

    /// <summary>Reads that wait at the tails of streams now.</summary>
    public int ParkedReads => _context.ParkedReads;

    /// <summary>The clock of this directory.</summary>
    public TimeProvider Time => _context.Clock.Time;

    /// <summary>What owners elsewhere ask of the streams that are owned here.</summary>
    public IStreamOwners LocalOwners { get; }

    internal StreamRegistry Streams { get; }

    internal LocalStreamDirectoryOptions Options => _context.Options;

    internal ReadPath Reads { get; }

    internal ForkFlow Forks { get; }

    /// <summary>Starts to look for due and idle streams. Call once.</summary>
    public void Start() => _sweeper.Start();

    /// <inheritdoc />
    public IStreamHandle GetStream(StreamName name) => new LocalStreamHandle(this, name);

    /// <summary>
    /// One incarnation of a stream: configure, trim and delete through this handle answer not found when the stream was deleted and created
    /// again. For a repeated request, which must not reach the successor of the stream that it meant.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="incarnation">The incarnation; null for the one that exists now.</param>
    public IStreamHandle GetStream(StreamName name, long? incarnation) => new LocalStreamHandle(this, name, incarnation);

    /// <inheritdoc />
    public ValueTask<StreamPage> ListAsync(
        string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        StreamListing.ListAsync(_context.Store, prefix, after, limit, cancellationToken);

    /// <summary>
    /// Retention of streams that set none themselves is another one from now on. Loaded streams follow with their next
    /// command; owners of all streams that could be outside of it are asked once after a while, when every node knows it.
    /// </summary>
    public void ChangeRetentionDefaults(RetentionLimits defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        if (defaults != _context.Limits.RetentionDefaults)
        {
            _context.Limits.RetentionDefaults = defaults;
            _sweeper.ApplyDefaultsSoon();
        }
    }

    /// <summary>
    /// Gives a stream up because its next owner is elsewhere: refuses new commands, answers what is pending, and forgets
    /// it. The caller has ended its own reads of the stream before and sends none after.
    /// </summary>
    public Task ReleaseAsync(StreamName name) =>
        !IsCutOff && Streams.Find(name) is { } runner ? runner.LeaveAsync() : Task.CompletedTask;

    /// <summary>
    /// Refuses new appends as moved, wakes all waiting reads, and completes when every pending command is answered.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _context.IsStopping = true;
        await _sweeper.StopAsync().WaitAsync(cancellationToken);
        await Streams.StopAsync().WaitAsync(cancellationToken);
    }

    /// <summary>Stops, and forgets all streams; what a store does not answer is waited for no longer than <see cref="DisposeTimeout"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            try
            {
                await StopAsync(CancellationToken.None).WaitAsync(DisposeTimeout, Time);
                _sweeper.Dispose();
            }
            catch (TimeoutException)
            {
                // The store does not answer. Whoever waits for it learns from its own time limit, and the process can end.
                LogNotStopped(_context.Logger, DisposeTimeout.TotalSeconds, Streams.Count);
            }

            Streams.Clear();
            _context.Dispose();
        }
    }
}
