using EventCluster.Abstractions.Store;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.AzureTables.Tables;

/// <summary>
/// Whether the service takes writes. A failed request only makes it suspect: a probe decides, so that one broken connection
/// does not turn readiness off. Changes are logged once, not per request.
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

    /// <summary>A request did not get its answer.</summary>
    public void Suspect() => Volatile.Write(ref _isSuspect, true);

    /// <summary>A write landed.</summary>
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
    public void Failed(Exception exception)
    {
        var reason = $"The table service does not take writes: {Tables.Outage.Describe(exception)}";
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
