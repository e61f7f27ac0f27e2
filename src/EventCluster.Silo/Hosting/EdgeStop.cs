using EventCluster.Orleans.Directory;

namespace EventCluster.Silo.Hosting;

/// <summary>The end of an edge: as soon as the stop begins, waiting reads are sent away, so that its clients are told to move.</summary>
internal sealed class EdgeStop(OrleansStreamDirectory directory) : IHostedLifecycleService
{
    /// <inheritdoc />
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    /// <remarks>Clients are gone by now; appends whose answers are still due get them before the silo leaves.</remarks>
    public Task StopAsync(CancellationToken cancellationToken) => directory.StopAsync(cancellationToken);

    /// <inheritdoc />
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
