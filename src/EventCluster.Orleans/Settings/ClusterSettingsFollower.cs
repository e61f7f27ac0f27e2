using EventCluster.Core;
using EventCluster.Orleans.Loops;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Settings;

/// <summary>Applies the cluster's settings to the streams of this silo; until an operator sets some, its configuration holds.</summary>
internal sealed class ClusterSettingsFollower(
    IGrainFactory grains, LocalStreamDirectory directory, TimeProvider time, ILogger<ClusterSettingsFollower> logger)
    : SiloLoop(Interval, time, logger)
{
    /// <summary>How long a change takes at most to be known everywhere.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <inheritdoc />
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var settings = await grains.GetGrain<IClusterSettingsGrain>(0).GetAsync();
        if (settings.IsSet)
        {
            directory.ChangeRetentionDefaults(settings.RetentionDefaults);
        }
    }
}
