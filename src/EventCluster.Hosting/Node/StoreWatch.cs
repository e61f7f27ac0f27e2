using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>
/// Ends the process when its store can never write again (CORRECTNESS rule 11) or shows the data of another cluster (rule 29):
/// readers are told by the ordinary stop, and <see cref="ExitCode"/> says why.
/// </summary>
/// <param name="health">Asks the store, or the directory over it.</param>
/// <param name="lifetime">The process.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
public sealed partial class StoreWatch(
    Func<StoreHealth> health, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<StoreWatch> logger)
    : BackgroundService, IBackgroundPart
{
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(250);

    /// <inheritdoc />
    public string? Fault => ExecuteTask is { IsCompleted: true } ended && !IsFinal && !lifetime.ApplicationStopping.IsCancellationRequested
        ? $"The watch over the store has ended: {ended.Exception?.GetBaseException().Message ?? "by itself"}"
        : null;

    /// <summary>The store failed for good.</summary>
    public bool IsFinal { get; private set; }

    /// <summary>What the process ends with, as far as its store is concerned.</summary>
    public int ExitCode { get; private set; } = Configuration.ExitCode.Success;

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, time);
        while (!IsFinal && await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (health() is { IsFinal: true } found)
            {
                IsFinal = true;
                ExitCode = found.IsForeign ? Configuration.ExitCode.CannotStart : Configuration.ExitCode.StoreFailed;
                if (found.IsForeign)
                {
                    StoreIsForeign(found.Reason);
                }
                else
                {
                    StoreFailed(found.Reason);
                }

                lifetime.StopApplication();
            }
        }
    }
}
