using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Hosting;

/// <summary>
/// Looks into the membership at once when this process stood still (a suspended machine, a long pause): the others may have
/// voted it out meanwhile. One that finds itself dead ends, so that its supervisor starts it again; without this look it
/// learns of it at the next regular one, and until then seems to be well.
/// </summary>
internal sealed partial class StallWatch(IClusterMembershipService membership, TimeProvider time, ILogger<StallWatch> logger)
    : SiloLoop(Interval, time, logger)
{
    /// <summary>How often it looks at the clock.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>A shorter pause is none that anybody is voted out for.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(750);

    private long? _lookedAt;

    /// <inheritdoc />
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetTimestamp();
        var stall = _lookedAt is { } before ? Time.GetElapsedTime(before, now) - Interval : TimeSpan.Zero;
        _lookedAt = now;
        if (stall >= LongestPause)
        {
            LogStalled(logger, stall.TotalSeconds);
            await membership.Refresh(cancellationToken: cancellationToken);
        }
    }

    [LoggerMessage(6060, LogLevel.Warning, "This process stood still for {Seconds:F1} s; looking whether the cluster still counts it in")]
    private static partial void LogStalled(ILogger logger, double seconds);
}
