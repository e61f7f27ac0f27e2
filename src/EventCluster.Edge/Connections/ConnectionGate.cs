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

    /// <summary>
    /// How long a connection that the other end closed keeps its place when its server does not let go of it, once its descriptor is free.
    /// Kestrel forgets a connection of HTTP/2 whose client resets it under many requests (dotnet/aspnetcore 51307); a few of those
    /// would fill the server permanently.
    /// </summary>
    public static readonly TimeSpan AbandonAfter = TimeSpan.FromSeconds(10);

    /// <summary>How often refusals are logged.</summary>
    public static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly IOptions<EdgeOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();

    /// <summary>Connections of the reserve that have not asked yet, the oldest first.</summary>
    private readonly LinkedList<ReservedConnection> _silent = [];

    /// <summary>
    /// Connections that the other end closed and that have not left yet, the one that was looked at longest ago first. All of them are
    /// counted, so they are bounded by the limit.
    /// </summary>
    private readonly LinkedList<CountedConnection> _closed = [];
    private long _refused;
    private long _unsaid;
    private long _saidAt;
    private int _open;
    private int _reserved;
    private int _closing;

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
        if (AbandonForgotten() > 0)
        {
            return TryEnter(descriptor);
        }

        Refuse(options.MaxConnections);
        return false;
    }

    /// <summary>The other end of a connection closed it.</summary>
    internal void NoteClosed(CountedConnection connection)
    {
        lock (_gate)
        {
            if (connection.IsGone)
            {
                return;
            }

            Append(connection);
        }

        AbandonForgotten();
    }

    /// <summary>Gives up connections whose server has had the time to let go of them; answers how many.</summary>
    private int AbandonForgotten()
    {
        for (var abandoned = 0; ;)
        {
            CountedConnection oldest;
            lock (_gate)
            {
                if (_closed.First is not { Value: var first } || _time.GetElapsedTime(first.SeenAt) < AbandonAfter)
                {
                    return abandoned;
                }

                oldest = first;
                _closed.Remove(oldest.Place);
                if (!oldest.HasNoDescriptor)
                {
                    // It is still served; it is looked at again.
                    Append(oldest);
                    continue;
                }
            }

            oldest.Leave();
            abandoned++;
        }
    }

    private void Append(CountedConnection connection)
    {
        connection.SeenAt = _time.GetTimestamp();
        _closed.AddLast(connection.Place);
    }

    /// <summary>
    /// Counts a connection of this machine that did not enter by <see cref="TryEnter"/>. When the reserve is used up, the one that is
    /// silent for longest makes room: whoever asks nothing must not keep out who does. Null when there is none.
    /// </summary>
    public ReservedConnection? TryEnterReserve()
    {
        ReservedConnection? oldest = null;
        var entered = new ReservedConnection(this);
        lock (_gate)
        {
            if (_reserved >= AdministrationReserve)
            {
                // Those that are being closed still have their descriptors, and those are bounded as well.
                if (_silent.First is not { } first || _closing >= AdministrationReserve)
                {
                    return null;
                }

                _silent.Remove(first);
                oldest = first.Value;
                oldest.GiveUp();
                _closing++;
            }
            else
            {
                _reserved++;
            }

            _silent.AddLast(entered.Place);
        }

        oldest?.Abort();
        return entered;
    }

    /// <summary>Connections of the reserve that are open now; those that made room for others are not among them.</summary>
    public int Reserved => Volatile.Read(ref _reserved);

    /// <summary>A connection that entered is closed.</summary>
    internal void Leave(CountedConnection connection, ReservedConnection? reserved)
    {
        lock (_gate)
        {
            if (connection.Place.List == _closed)
            {
                _closed.Remove(connection.Place);
            }
        }

        Leave(reserved);
    }

    /// <summary>A connection that entered is closed.</summary>
    /// <param name="reserved">The place of one that entered by the reserve; null otherwise.</param>
    public void Leave(ReservedConnection? reserved = null)
    {
        if (reserved is null)
        {
            Interlocked.Decrement(ref _open);
            return;
        }

        lock (_gate)
        {
            if (reserved.IsGivenUp)
            {
                _closing--;
                return;
            }

            _reserved--;
            Forget(reserved);
        }
    }

    /// <summary>A connection of the reserve asked something: it keeps its place until it is closed.</summary>
    internal void NoteQuestion(ReservedConnection reserved)
    {
        lock (_gate)
        {
            Forget(reserved);
        }
    }

    private void Forget(ReservedConnection reserved)
    {
        if (reserved.Place.List == _silent)
        {
            _silent.Remove(reserved.Place);
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
