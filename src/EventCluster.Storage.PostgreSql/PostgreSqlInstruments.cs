using System.Diagnostics.Metrics;

namespace EventCluster.Storage.PostgreSql;

/// <summary>What the store measures, under the meter <see cref="MeterName"/>.</summary>
internal sealed class PostgreSqlInstruments : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "EventCluster.Storage.PostgreSql";

    private readonly Meter _meter = new(MeterName);
    private readonly TimeProvider _time;
    private readonly Histogram<double> _duration;
    private readonly Histogram<int> _commits;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _failedGroups;
    private readonly Counter<long> _unknown;
    private readonly Counter<long> _purged;

    public PostgreSqlInstruments(TimeProvider time)
    {
        _time = time;
        _duration = _meter.CreateHistogram<double>("eventcluster.postgresql.group.duration", "s", "time of one transaction of gathered commits");
        _commits = _meter.CreateHistogram<int>("eventcluster.postgresql.group.commits", "{commit}", "commits gathered into one transaction");
        _bytes = _meter.CreateCounter<long>("eventcluster.postgresql.commit.bytes", "By", "bytes of blocks and states sent");
        _failedGroups = _meter.CreateCounter<long>("eventcluster.postgresql.group.retries", "{group}", "transactions rolled back and tried again stream by stream");
        _unknown = _meter.CreateCounter<long>("eventcluster.postgresql.commit.unknown", "{commit}", "commits whose outcome was unknown");
        _purged = _meter.CreateCounter<long>("eventcluster.postgresql.purged", "{row}", "purged rows deleted");
    }

    /// <summary>The store's clock.</summary>
    public TimeProvider Time => _time;

    /// <summary>The beginning of a measured span.</summary>
    public long Begin() => _time.GetTimestamp();

    public void GroupCommitted(long begun, int commits, long bytes)
    {
        _duration.Record(_time.GetElapsedTime(begun).TotalSeconds);
        _commits.Record(commits);
        _bytes.Add(bytes);
    }

    public void GroupFailed() => _failedGroups.Add(1);

    public void OutcomesUnknown(int commits) => _unknown.Add(commits);

    public void Purged(int rows) => _purged.Add(rows);

    public void Dispose() => _meter.Dispose();
}
