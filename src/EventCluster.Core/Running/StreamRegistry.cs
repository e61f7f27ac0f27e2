using System.Collections.Concurrent;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Commands;
using EventCluster.Protocol;

namespace EventCluster.Core.Running;

/// <summary>
/// The streams in memory, each with its one runner: found, loaded and forgotten here. A stream that is only known costs
/// nothing. Reading, forks, maintenance and the directory are built on it; it calls none of them.
/// </summary>
internal sealed class StreamRegistry(RunnerContext context)
{
    /// <summary>What a stream takes while it is in memory, beside its tail cache, as measured with a few producers.</summary>
    public const int LoadedStreamBytes = 4 * 1024;

    private readonly ConcurrentDictionary<StreamName, StreamLogRunner> _runners = new();
    private int _loaded;

    /// <summary>Unloads idle streams when the limit is reached; false when that made no room. Set once, before the first stream.</summary>
    public Func<bool> TryMakeRoom { get; set; } = static () => false;

    /// <summary>Streams in memory now.</summary>
    public int Count => Volatile.Read(ref _loaded);

    /// <summary>Names of streams in memory now.</summary>
    public IEnumerable<StreamName> Names => _runners.Keys;

    /// <summary>
    /// The runners in the order of their names: the order of a hash table differs from process to process, and a simulation
    /// must repeat.
    /// </summary>
    public IEnumerable<StreamLogRunner> InOrder => _runners.Values.OrderBy(static runner => runner.Name);

    /// <summary>The runners in no order.</summary>
    public IEnumerable<StreamLogRunner> Runners => _runners.Select(static pair => pair.Value);

    /// <summary>The runner of a stream in memory; null when it is not.</summary>
    public StreamLogRunner? Find(StreamName name) => _runners.GetValueOrDefault(name);

    /// <summary>The runner of a name that takes commands; made when there is none.</summary>
    public StreamLogRunner GetRunner(StreamName name)
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

            if (Count >= context.Options.MaxLoadedStreams && !TryMakeRoom())
            {
                return StreamLogRunner.Refusing(name, context);
            }

            runner = new StreamLogRunner(name, context, Forget);

            // Counted before others see it: one that finds it ended, as that of a name without a stream soon is, gives back what it costs.
            context.Options.StreamState?.Take(LoadedStreamBytes);
            Interlocked.Increment(ref _loaded);
            if (_runners.TryAdd(name, runner))
            {
                return runner;
            }

            Interlocked.Decrement(ref _loaded);
            context.Options.StreamState?.Release(LoadedStreamBytes);
        }
    }

    /// <summary>Hands a command to the stream's runner.</summary>
    public ValueTask<TOutcome> Submit<TOutcome>(StreamName name, StreamCommand<TOutcome> command)
    {
        if (context.IsStopping && command.IsBounded)
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
    public StreamLogRunner Pin(StreamName name)
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
    public ValueTask<(StreamLogRunner Runner, StepOutcome Step)> LookAsync(StreamName name)
    {
        var runner = GetRunner(name);
        runner.NoteUse();
        return runner.View is { } view && !runner.IsExpired(view)
            ? ValueTask.FromResult((runner, new StepOutcome(view, default, null)))
            : VisitAsync(name);
    }

    /// <summary>Lets a loaded stream commit what is due, without waiting for it.</summary>
    public static void Visit(StreamLogRunner runner)
    {
        // Nobody awaits the visit: the runner answers a failure with a value, or logs the surprise itself.
        runner.TrySubmit(new StepCommand(step: null));
    }

    /// <summary>A stream's committed instant after everything that was pending for it has settled.</summary>
    public async ValueTask<(StreamLogRunner Runner, StepOutcome Step)> VisitAsync(StreamName name)
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

    /// <summary>Stops all runners, and completes when every pending command is answered.</summary>
    public async Task StopAsync()
    {
        // One after the other and not by WhenAll, which would leave the scheduler; all of them are stopping meanwhile.
        var stops = InOrder.Select(static runner => runner.StopAsync()).ToArray();
        foreach (var stop in stops)
        {
            await stop;
        }
    }

    /// <summary>Forgets all streams.</summary>
    public void Clear()
    {
        foreach (var runner in _runners.Values)
        {
            Forget(runner);
        }
    }

    private void Forget(StreamLogRunner runner)
    {
        if (_runners.TryRemove(new KeyValuePair<StreamName, StreamLogRunner>(runner.Name, runner)))
        {
            Interlocked.Decrement(ref _loaded);
            context.Options.StreamState?.Release(LoadedStreamBytes);
        }
    }
}
