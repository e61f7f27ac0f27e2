using EventCluster.TestKit.Servers;

namespace EventCluster.Failover;

/// <summary>
/// What systemd or Kubernetes is to a cluster: starts a silo again that ended by itself. A silo that is voted out ends;
/// on a machine that is busy with other things that happens to healthy ones.
/// </summary>
internal sealed class Supervisor : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly LocalCluster _cluster;
    private readonly TimeProvider _time;
    private readonly Task _watching;
    private int _restarts;

    /// <summary>Begins to watch.</summary>
    public Supervisor(LocalCluster cluster, TimeProvider time)
    {
        (_cluster, _time) = (cluster, time);
        _watching = Task.Run(RunAsync);
    }

    /// <summary>Silos started again so far.</summary>
    public int Restarts => Volatile.Read(ref _restarts);

    /// <summary>Throws what ended it.</summary>
    public void ThrowIfBroken()
    {
        if (_watching.IsFaulted)
        {
            _watching.GetAwaiter().GetResult();
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await Task.Delay(Interval, _time, _end.Token);
            foreach (var name in _cluster.EndedByThemselves())
            {
                await _cluster.StartAsync(name, _end.Token);
                Interlocked.Increment(ref _restarts);
            }
        }
    }
}
