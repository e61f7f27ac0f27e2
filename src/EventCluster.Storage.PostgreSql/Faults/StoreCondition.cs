using EventCluster.Abstractions.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Faults;

/// <summary>
/// Whether the database takes writes. A failed command only makes it suspect: a probe decides, so that one broken
/// connection does not turn readiness off. Changes are logged once, not per command.
/// </summary>
internal sealed partial class StoreCondition(ILogger logger)
{
    private readonly Lock _gate = new();
    private StoreHealth _health = StoreHealth.Good;
    private bool _isSuspect;

    /// <summary>For readiness.</summary>
    public StoreHealth Health => Volatile.Read(ref _health);

    /// <summary>True when a probe should find out.</summary>
    public bool WantsProbe => Volatile.Read(ref _isSuspect) || !Health.AcceptsWrites;

    /// <summary>A command did not get its answer.</summary>
    public void Suspect() => Volatile.Write(ref _isSuspect, true);

    /// <summary>A commit landed.</summary>
    public void Succeeded()
    {
        if (!WantsProbe)
        {
            return;
        }

        lock (_gate)
        {
            Volatile.Write(ref _isSuspect, false);
            if (!_health.AcceptsWrites)
            {
                Volatile.Write(ref _health, StoreHealth.Good);
                LogRecovered(logger);
            }
        }
    }

    /// <summary>The probe failed.</summary>
    public void Failed(Exception exception) => Set(FaultTable.Of(exception).Fault == DatabaseFault.Full
        ? $"The database has no room: {Describe(exception)}"
        : $"The database does not take writes: {Describe(exception)}");

    /// <summary>What an operator needs of an exception, in one line.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        PostgresException answered => $"{answered.MessageText} (SQLSTATE {answered.SqlState})",
        NpgsqlException { InnerException: AggregateException several } =>
            $"{exception.Message}: {string.Join("; ", several.InnerExceptions.Select(Describe).Distinct())}",
        NpgsqlException { InnerException: { } inner } => $"{exception.Message}: {Describe(inner)}",
        _ => exception.Message.ReplaceLineEndings(" "),
    };

    private void Set(string reason)
    {
        lock (_gate)
        {
            if (_health.AcceptsWrites)
            {
                LogLost(logger, reason);
            }

            Volatile.Write(ref _health, new StoreHealth(AcceptsWrites: false, IsFinal: false, reason));
        }
    }
}
