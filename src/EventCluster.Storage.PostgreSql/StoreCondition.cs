using EventCluster.Abstractions.Store;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql;

/// <summary>Whether the database takes writes, as the last answers say. Changes are logged once, not per command.</summary>
internal sealed partial class StoreCondition(ILogger logger)
{
    private readonly Lock _gate = new();
    private StoreHealth _health = StoreHealth.Good;

    /// <summary>For readiness.</summary>
    public StoreHealth Health => Volatile.Read(ref _health);

    /// <summary>A command was answered.</summary>
    public void Succeeded()
    {
        if (Health.AcceptsWrites)
        {
            return;
        }

        lock (_gate)
        {
            if (!_health.AcceptsWrites)
            {
                Volatile.Write(ref _health, StoreHealth.Good);
                LogRecovered(logger);
            }
        }
    }

    /// <summary>The database did not answer.</summary>
    public void Failed(Exception exception) => Set($"The database does not answer: {Describe(exception)}");

    /// <summary>The database's medium is full.</summary>
    public void Full(Exception exception) => Set($"The database has no room: {Describe(exception)}");

    /// <summary>What an operator needs of an exception, in one line.</summary>
    public static string Describe(Exception exception) =>
        (exception.InnerException is { } inner and not AggregateException ? $"{exception.Message} {inner.Message}" : exception.Message)
        .ReplaceLineEndings(" ");

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
