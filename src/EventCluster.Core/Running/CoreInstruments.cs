using System.Diagnostics.Metrics;

namespace EventCluster.Core.Running;

/// <summary>What owners count, under the meter <see cref="MeterName"/>.</summary>
internal sealed class CoreInstruments : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "EventCluster.Core";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _restarted;

    public CoreInstruments() => _restarted = _meter.CreateCounter<long>(
        "eventcluster.streams.incarnations.started", "{stream}",
        "streams that began a new incarnation because the store lost commits of them, or may have (a failover)");

    /// <summary>A stream began a new incarnation.</summary>
    /// <param name="isProven">Commits that were acknowledged are missing.</param>
    public void Restarted(bool isProven) => _restarted.Add(1, new KeyValuePair<string, object?>("lost", isProven));

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();
}
