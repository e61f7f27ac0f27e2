using System.Diagnostics.Metrics;

namespace EventCluster.Storage.AzureTables;

/// <summary>What the store measures, under the meter <see cref="MeterName"/>.</summary>
internal sealed class AzureTablesInstruments : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "EventCluster.Storage.AzureTables";

    private readonly Meter _meter = new(MeterName);
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _unknown;
    private readonly Counter<long> _claims;
    private readonly Counter<long> _purged;

    public AzureTablesInstruments(TimeProvider time)
    {
        _time = time;
        _duration = _meter.CreateHistogram<double>("eventcluster.azuretables.commit.duration", "s", "time of one commit");
        _bytes = _meter.CreateCounter<long>("eventcluster.azuretables.commit.bytes", "By", "bytes of blocks and states committed");
        _unknown = _meter.CreateCounter<long>("eventcluster.azuretables.commit.unknown", "{commit}", "commits whose outcome was unknown");
        _claims = _meter.CreateCounter<long>("eventcluster.azuretables.claims", "{claim}", "opens that had to stop a busy owner first");
        _purged = _meter.CreateCounter<long>("eventcluster.azuretables.purged", "{entity}", "purged entities deleted");
    }

    /// <summary>The beginning of a measured span.</summary>
    public long Begin() => _time.GetTimestamp();

    public void Committed(long begun, int bytes)
    {
        _duration.Record(_time.GetElapsedTime(begun).TotalSeconds);
        _bytes.Add(bytes);
    }

    public void OutcomeUnknown() => _unknown.Add(1);

    public void Claimed() => _claims.Add(1);

    public void Purged(int entities) => _purged.Add(entities);

    public void Dispose() => _meter.Dispose();
}
