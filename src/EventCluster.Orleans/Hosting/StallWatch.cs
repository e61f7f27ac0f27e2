using EventCluster.Orleans.Loops;
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
    private bool _looksAgain;

    /// <inheritdoc />
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetTimestamp();
        var stall = _lookedAt is { } before ? Time.GetElapsedTime(before, now) - Interval : TimeSpan.Zero;
        if (stall >= LongestPause || _looksAgain)
        {
            if (stall >= LongestPause)
            {
                LogStalled(logger, stall.TotalSeconds);
            }

            try
            {
                await RefreshAsync(now, cancellationToken);
            }
            finally
            {
                // How long the membership took to answer is no pause of this process.
                _lookedAt = Time.GetTimestamp();
            }
        }
        else
        {
            _lookedAt = now;
        }
    }

    private async Task RefreshAsync(long since, CancellationToken cancellationToken)
    {
        _looksAgain = true;
        await membership.Refresh(cancellationToken: cancellationToken);

        // A pause may hide in a slow answer, so what it says may be old.
        _looksAgain = Time.GetElapsedTime(since) >= LongestPause;
    }

    [LoggerMessage(6060, LogLevel.Warning, "This process stood still for {Seconds:F1} s; looking whether the cluster still counts it in")]
    private static partial void LogStalled(ILogger logger, double seconds);
}
