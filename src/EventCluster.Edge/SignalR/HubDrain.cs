using Microsoft.Extensions.Hosting;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// Keeps the server listening until SignalR's clients are told: one that polls is between two requests half of the time,
/// and hears of the move only in its next one.
/// </summary>
internal sealed class HubDrain(HubEndpoint hub, IHostApplicationLifetime lifetime) : IHostedLifecycleService
{
    /// <inheritdoc />
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Who stops the host directly has not said so yet.
        lifetime.StopApplication();
        await hub.Drained.WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
