using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>
/// Ends the process when its store can never write again (CORRECTNESS rule 11): readers are told by the ordinary stop,
/// and <see cref="IsFinal"/> makes the exit code say so.
/// </summary>
internal sealed partial class StoreWatch(
    IStreamDirectory directory, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<StoreWatch> logger)
    : BackgroundService, IBackgroundPart
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc />
    public string? Fault => ExecuteTask is { IsCompleted: true } ended && !IsFinal && !lifetime.ApplicationStopping.IsCancellationRequested
        ? $"The watch over the store has ended: {ended.Exception?.GetBaseException().Message ?? "by itself"}"
        : null;

    /// <summary>The store failed for good.</summary>
    public bool IsFinal { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, time);
        while (!IsFinal && await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (directory.Health is { IsFinal: true, Reason: var reason })
            {
                IsFinal = true;
                StoreFailed(reason);
                lifetime.StopApplication();
            }
        }
    }
}
