using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.State;
using EventCluster.Protocol;
using EventCluster.Simulation.Media;
using EventCluster.TestKit;

namespace EventCluster.Simulation;

/// <summary>The node under test: started, stopped, crashed and started again over one medium.</summary>
internal sealed class Node(IMedium medium, VirtualTimeProvider clock, Random random, Trace trace)
{
    private NodeLife? _life;
    private bool _isChanging;
    private int _crashes;

    /// <summary>Requests reach a directory.</summary>
    public bool IsUp => _life is not null;

    /// <summary>A start or stop is under way.</summary>
    public bool IsChanging => _isChanging;

    /// <summary>The store says that only a restart helps.</summary>
    public bool IsFailed => _life is { } life && life.Directory.Health.IsFinal;

    /// <summary>What the store keeps under a name, for the report of a stream that does not go away.</summary>
    public async Task<string> DescribeStoredAsync(StreamName name)
    {
        var head = _life is { } life ? await life.Store.GetHeadAsync(name, CancellationToken.None) : null;
        return head is null
            ? "nothing"
            : Describe(head.Head.DueAtMilliseconds, StreamStateCodec.Decode(head.State));
    }

    /// <summary>Starts; a fault of the medium leaves the node down.</summary>
    public async Task StartAsync()
    {
        if (_isChanging || _life is not null)
        {
            return;
        }

        _isChanging = true;
        try
        {
            var crashes = _crashes;
            var store = await medium.OpenAsync();
            if (crashes != _crashes)
            {
                throw new IOException("The node died while it started.");
            }

            var options = new LocalStreamDirectoryOptions
            {
                IdleUnloadAfter = TimeSpan.FromSeconds(20),
                TailCacheBytesPerStream = 4_096,
                MaxAppendBytes = 16_384,
                MaxAppendEvents = 64,
                SettleForksAfter = TimeSpan.FromSeconds(10),
            };
            var directory = new LocalStreamDirectory(
                store, options, clock, new Random(random.Next()), new TraceLogger<LocalStreamDirectory>(trace));
            directory.Start();
            _life = new NodeLife(store, directory);
            trace.Add("node up");
        }
        catch (LogDamagedException e)
        {
            trace.Violation($"the store calls its data damaged: {e.Message}");
        }
        catch (IOException e)
        {
            trace.Count("failed starts");
            trace.Add($"node start failed: {e.Message}");
        }
        finally
        {
            _isChanging = false;
        }
    }

    /// <summary>Stops in order.</summary>
    public async Task StopAsync()
    {
        if (_isChanging || _life is not { } life)
        {
            return;
        }

        _isChanging = true;
        try
        {
            life.IsStopping = true;
            await life.Directory.StopAsync(CancellationToken.None);
            await life.Store.DisposeAsync();
            trace.Add("node stopped");
        }
        catch (IOException e)
        {
            trace.Add($"node stop failed: {e.Message}");
        }
        finally
        {
            _isChanging = false;
            if (ReferenceEquals(_life, life))
            {
                _life = null;
                medium.Crash(power: false);
                life.Die();
            }
        }
    }

    /// <summary>Dies at once; every request on the way ends without an answer.</summary>
    public void Crash(bool power)
    {
        trace.Add(power ? "power loss" : "kill");
        trace.Count(power ? "power losses" : "kills");
        var life = _life;
        _life = null;
        _crashes++;
        medium.Crash(power);
        if (life is not null)
        {
            life.Die();
            _ = life.BuryAsync();
        }
    }

    /// <summary>Sends a request. Null: no answer came, so nothing is known.</summary>
    public async Task<T?> CallAsync<T>(Func<IStreamDirectory, ValueTask<T>> request)
        where T : class
    {
        if (_life is not { } life)
        {
            return null;
        }

        try
        {
            var answer = AwaitAsync(request(life.Directory));
            await Task.WhenAny(answer, life.Died);
            return life.Died.IsCompleted ? null : await answer;
        }
        catch (LogDamagedException e)
        {
            trace.Violation($"data is called damaged: {e.Message}");
            return null;
        }
        catch (IOException e)
        {
            trace.Count("requests failed");
            trace.Add($"request failed: {e.Message}");
            return null;
        }
        catch (ObjectDisposedException) when (life.IsStopping)
        {
            return null;
        }
        catch (Exception e)
        {
            trace.Violation($"a request threw {e}");
            return null;
        }
    }

    // Awaiting keeps the scheduler; ValueTask.AsTask would go through the thread pool.
    private static async Task<T> AwaitAsync<T>(ValueTask<T> request) => await request;

    private static string Describe(long due, StreamState state) =>
        $"{state.Lifecycle}, due {due}, owes a release: {state.OwesRelease}, {state.Origin}, held by [{string.Join(' ', state.Holds)}]";
}
