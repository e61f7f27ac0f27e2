using System.Collections.Concurrent;
using EventCluster.Abstractions.Store;
using Microsoft.Extensions.Logging;

namespace EventCluster.Delivery.Reading;

/// <summary>
/// Says that stored bytes are damaged: one line per place and hour, whichever transport meets them. A client that repeats
/// its read must not fill the log.
/// </summary>
internal sealed partial class DamageLog(TimeProvider time)
{
    /// <summary>How long a place is not named again.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>Most places remembered; beyond it all are named again.</summary>
    public const int MaxPlaces = 1000;

    private readonly ConcurrentDictionary<string, long> _places = new(StringComparer.Ordinal);

    /// <summary>False if the exception is not about damage; else its one line is written, or was within the hour.</summary>
    public bool TryReport(ILogger logger, Exception exception)
    {
        if (exception is not LogDamagedException)
        {
            return false;
        }

        var now = time.GetTimestamp();
        if (_places.TryGetValue(exception.Message, out var last) && time.GetElapsedTime(last, now) < Every)
        {
            return true;
        }

        if (_places.Count >= MaxPlaces)
        {
            _places.Clear();
        }

        _places[exception.Message] = now;
        LogDamaged(logger, exception.Message);
        return true;
    }
}
