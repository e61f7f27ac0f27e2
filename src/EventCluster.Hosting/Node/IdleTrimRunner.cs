using EventCluster.Abstractions;
using Microsoft.Extensions.Hosting;

namespace EventCluster.Hosting.Node;

/// <summary>Looks at this process at each interval and does what <see cref="IdleTrim"/> says.</summary>
/// <param name="interval">Zero for never.</param>
/// <param name="time">The clock.</param>
internal sealed class IdleTrimRunner(TimeSpan interval, TimeProvider time) : IHostedService, IBackgroundPart, IDisposable
{
    private readonly BackgroundLoop _loop = new("loop that gives memory back");
    private readonly CancellationTokenSource _stopping = new();

    /// <inheritdoc />
    public string? Fault => _loop.Fault;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (interval > TimeSpan.Zero)
        {
            _loop.Start(RunAsync);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loop.StopAsync();
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync()
    {
        var trim = new IdleTrim();
        var last = time.GetTimestamp();
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token))
        {
            var now = time.GetTimestamp();
            Collect(trim.Next(MemorySample.Now(), time.GetElapsedTime(last, now)), trim);
            last = now;
        }
    }

    private static void Collect(MemoryTrim what, IdleTrim trim)
    {
        switch (what)
        {
            case MemoryTrim.Look:
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
                break;
            case MemoryTrim.GiveBack:
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                trim.Keep(MemorySample.Now().Free);
                break;
        }
    }
}
