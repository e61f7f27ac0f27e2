using EventCluster.Core;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Hosting;

/// <summary>
/// The streams' part in the life of a backlog silo. The stop comes first of all: new appends are refused as moving, the
/// writers finish, waiting reads are sent away; then the silo leaves the cluster and its streams are deactivated.
/// </summary>
internal sealed partial class BacklogLife(LocalStreamDirectory directory, ILogger<BacklogLife> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    /// <inheritdoc />
    public void Participate(ISiloLifecycle lifecycle)
    {
        ArgumentNullException.ThrowIfNull(lifecycle);
        lifecycle.Subscribe(nameof(BacklogLife), ServiceLifecycleStage.Last, StartAsync, StopAsync);
    }

    private Task StartAsync(CancellationToken cancellationToken)
    {
        directory.Start();
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        LogDraining(logger, directory.LoadedStreams);
        await directory.StopAsync(cancellationToken);
        LogDrained(logger);
    }
}
