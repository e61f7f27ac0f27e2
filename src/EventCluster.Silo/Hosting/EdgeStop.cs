using EventCluster.Orleans.Directory;

namespace EventCluster.Silo.Hosting;

/// <summary>
/// The end of an edge, after its clients have left and before its silo does: appends whose answers are still due get them.
/// </summary>
internal sealed class EdgeStop(OrleansStreamDirectory directory) : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => directory.StopAsync(cancellationToken);
}
