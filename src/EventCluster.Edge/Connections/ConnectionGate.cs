using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventCluster.Edge.Connections;

/// <summary>
/// Counts the open connections of all addresses and says whether one more may come: while fewer than the limit are open, and
/// while its descriptor is not one of those that are kept for files, stores and administration.
/// </summary>
public sealed partial class ConnectionGate
{
    /// <summary>
    /// Connections of this machine that may be open beyond the limit, for administration and probes only: whoever finds the server
    /// full must be able to ask it why. Their descriptors are among those that are kept.
    /// </summary>
    public const int AdministrationReserve = 8;

    /// <summary>How often refusals are logged.</summary>
    public static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly IOptions<EdgeOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private long _refused;
    private long _unsaid;
    private long _saidAt;
    private int _open;
    private int _reserved;

    /// <summary>A gate that is open.</summary>
    public ConnectionGate(IOptions<EdgeOptions> options, TimeProvider time, ILogger<ConnectionGate> logger)
    {
        ArgumentNullException.ThrowIfNull(time);
        (_options, _time, _logger) = (options, time, logger);
        _saidAt = time.GetTimestamp() - (long)(LogInterval.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>Connections open now.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Connections refused so far.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Counts a connection; false, and the refusal is counted, when it must be closed.</summary>
    /// <param name="descriptor">
    /// Its descriptor. The system gives the lowest free number, so a high number says how many descriptors of all kinds are in use.
    /// </param>
    public bool TryEnter(long descriptor)
    {
        var options = _options.Value;
        if (Interlocked.Increment(ref _open) <= options.MaxConnections && descriptor < options.FirstReservedDescriptor)
        {
            return true;
        }

        Interlocked.Decrement(ref _open);
        Refuse(options.MaxConnections);
        return false;
    }

    /// <summary>
    /// Counts a connection of this machine that did not enter by <see cref="TryEnter"/>; false when the reserve is used up, too.
    /// </summary>
    public bool TryEnterReserve()
    {
        if (Interlocked.Increment(ref _reserved) <= AdministrationReserve)
        {
            return true;
        }

        Interlocked.Decrement(ref _reserved);
        return false;
    }

    /// <summary>Connections of the reserve that are open now.</summary>
    public int Reserved => Volatile.Read(ref _reserved);

    /// <summary>A connection that entered is closed.</summary>
    /// <param name="isReserved">Whether it entered by the reserve.</param>
    public void Leave(bool isReserved = false)
    {
        if (isReserved)
        {
            Interlocked.Decrement(ref _reserved);
        }
        else
        {
            Interlocked.Decrement(ref _open);
        }
    }

    /// <summary>A connection could not be accepted because the system is short of something; it is tried again.</summary>
    public void NoteShortage(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (TakesTurn(out _))
        {
            LogShortage(_logger, exception.Message, Open);
        }
    }

    private void Refuse(int limit)
    {
        Interlocked.Increment(ref _refused);
        if (TakesTurn(out var refused))
        {
            LogRefused(_logger, refused, Open, limit);
        }
    }

    private bool TakesTurn(out long refused)
    {
        lock (_gate)
        {
            _unsaid++;
            refused = _unsaid;
            var now = _time.GetTimestamp();
            if (_time.GetElapsedTime(_saidAt, now) < LogInterval)
            {
                return false;
            }

            (_saidAt, _unsaid) = (now, 0);
            return true;
        }
    }
}
