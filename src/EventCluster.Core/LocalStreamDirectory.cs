using System.Collections.Concurrent;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Core.Forks;
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

    /// <summary>What a stream takes while it is in memory, beside its tail cache, as measured with a few producers.</summary>
    internal const int LoadedStreamBytes = 4 * 1024;

    private readonly ConcurrentDictionary<StreamName, StreamLogRunner> _runners = new();
    private readonly RunnerContext _context;
    private readonly Sweeper _sweeper;
    private int _loaded;
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
        LocalOwners = new LocalStreamOwners(this);
        Owners = owners ?? LocalOwners;
        Reads = new ReadPath(this, _context);
        Forks = new ForkFlow(this, _context, Owners);
        _sweeper = new Sweeper(this, _context, _runners);
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
        foreach (var runner in _runners.Values.OrderBy(runner => runner.Name))
        {
            // One with a commit in flight ends with the wait for it.
            runner.EndStale();
        }
    }

    /// <summary>The store answers again: streams may come back.</summary>
    public void Rejoin() => _context.SetCutOff(false);

    /// <summary>Streams in memory now.</summary>
    public int LoadedStreams => Volatile.Read(ref _loaded);

    /// <summary>Names of streams in memory now, at most so many.</summary>
    public IEnumerable<StreamName> Loaded(int limit) => _runners.Keys.Take(limit);

    /// <summary>Reads that wait at the tails of streams now.</summary>
    public int ParkedReads => _context.ParkedReads;

    /// <summary>The clock of this directory.</summary>
    public TimeProvider Time => _context.Clock.Time;

    /// <summary>What owners elsewhere ask of the streams that are owned here.</summary>
    public IStreamOwners LocalOwners { get; }

    internal IStreamOwners Owners { get; }

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
        !IsCutOff && _runners.TryGetValue(name, out var runner) ? runner.LeaveAsync() : Task.CompletedTask;

    /// <summary>
    /// Refuses new appends as moved, wakes all waiting reads, and completes when every pending command is answered.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _context.IsStopping = true;
        await _sweeper.StopAsync().WaitAsync(cancellationToken);
        await StopRunnersAsync().WaitAsync(cancellationToken);
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
                LogNotStopped(_context.Logger, DisposeTimeout.TotalSeconds, _runners.Count);
            }

            foreach (var runner in _runners.Values)
            {
                Forget(runner);
            }

            _context.Dispose();
        }
    }

    /// <summary>The runner of a name that takes commands; made when there is none.</summary>
    internal StreamLogRunner GetRunner(StreamName name)
    {
        while (true)
        {
            if (_runners.TryGetValue(name, out var runner))
            {
                if (!runner.IsEnded)
                {
                    return runner;
                }

                Forget(runner);
                continue;
            }

            if (LoadedStreams >= Options.MaxLoadedStreams && !_sweeper.TryMakeRoom())
            {
                return StreamLogRunner.Refusing(name, _context);
            }

            runner = new StreamLogRunner(name, _context, Forget);
            if (_runners.TryAdd(name, runner))
            {
                Options.StreamState?.Take(LoadedStreamBytes);
                Interlocked.Increment(ref _loaded);
                return runner;
            }
        }
    }

    /// <summary>Hands a command to the stream's runner.</summary>
    internal ValueTask<TOutcome> Submit<TOutcome>(StreamName name, StreamCommand<TOutcome> command)
    {
        if (_context.IsStopping && command.IsBounded)
        {
            command.Refuse(UnavailableReason.Moved, "The server is stopping.");
            return command.Outcome;
        }

        while (!GetRunner(name).TrySubmit(command))
        {
            // The runner ended between the look and the call; the next look finds or makes another one.
        }

        return command.Outcome;
    }

    /// <summary>A runner of a name that stays, under its fence, until it is unpinned.</summary>
    internal StreamLogRunner Pin(StreamName name)
    {
        while (true)
        {
            var runner = GetRunner(name);
            if (runner.TryPin())
            {
                return runner;
            }
        }
    }

    /// <summary>A stream's committed instant, after opening it and committing its expiry if that is due.</summary>
    internal ValueTask<(StreamLogRunner Runner, StepOutcome Step)> LookAsync(StreamName name)
    {
        var runner = GetRunner(name);
        runner.NoteUse();
        return runner.View is { } view && !runner.IsExpired(view)
            ? ValueTask.FromResult((runner, new StepOutcome(view, default, null)))
            : VisitAsync(name);
    }

    /// <summary>Lets a loaded stream commit what is due, without waiting for it.</summary>
    internal static void Visit(StreamLogRunner runner)
    {
        // Nobody awaits the visit: the runner answers a failure with a value, or logs the surprise itself.
        runner.TrySubmit(new StepCommand(step: null));
    }

    /// <summary>A stream's committed instant after everything that was pending for it has settled.</summary>
    internal async ValueTask<(StreamLogRunner Runner, StepOutcome Step)> VisitAsync(StreamName name)
    {
        while (true)
        {
            var runner = GetRunner(name);
            var command = new StepCommand(step: null);
            if (runner.TrySubmit(command))
            {
                return (runner, await command.Outcome);
            }
        }
    }

    private async Task StopRunnersAsync()
    {
        // One after the other and not by WhenAll, which would leave the scheduler; all of them are stopping meanwhile.
        var stops = _runners.Values.OrderBy(runner => runner.Name).Select(runner => runner.StopAsync()).ToArray();
        foreach (var stop in stops)
        {
            await stop;
        }
    }

    private void Forget(StreamLogRunner runner)
    {
        if (_runners.TryRemove(new KeyValuePair<StreamName, StreamLogRunner>(runner.Name, runner)))
        {
            Interlocked.Decrement(ref _loaded);
            Options.StreamState?.Release(LoadedStreamBytes);
        }
    }
}
