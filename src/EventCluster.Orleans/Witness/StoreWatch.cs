using EventCluster.Abstractions;
using EventCluster.Core;
using EventCluster.Orleans.Loops;
using EventCluster.Orleans.Placement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventCluster.Orleans.Witness;

/// <summary>
/// Watches whether the store and the other silos answer this one. A silo that has not reached the store for
/// <see cref="GiveUpAfter"/> while another one reaches it, or that less than half of the cluster answers, gives its streams up
/// and takes none: the others go on with them. While no silo reaches the store, no stream moves.
/// </summary>
internal sealed partial class StoreWatch(
    StoreProbe probe,
    StoreView view,
    StoreWitnessClient peers,
    SiloRoleMap roles,
    ILocalSiloDetails silo,
    IServiceProvider services,
    TimeProvider time,
    ILogger<StoreWatch> logger)
    : SiloLoop(Interval, time, logger), IBackgroundPart
{
    /// <summary>How often it asks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(300);

    /// <summary>How long the store, or most peers, may be silent.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(3);

    /// <summary>A peer that takes longer does not answer; it asks the store itself meanwhile.</summary>
    public static readonly TimeSpan PeerTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Failures in a row before anything is given up: one may be a pause of this process.</summary>
    private const int LeastFailures = 2;

    private readonly LocalStreamDirectory? _streams = services.GetService<LocalStreamDirectory>();
    private long _reachedAt = time.GetTimestamp();
    private long _answeredAt = time.GetTimestamp();
    private long? _turnedAt;
    private int _storeFailures;
    private int _peerFailures;

    /// <inheritdoc />
    string? IBackgroundPart.Fault => base.Fault ?? view.Fault ?? _streams?.ConfirmationFault;

    /// <inheritdoc />
    protected override async Task TurnAsync(CancellationToken cancellationToken)
    {
        var pausedFor = _turnedAt is { } before ? Time.GetElapsedTime(before) : TimeSpan.Zero;
        var isCutOff = _streams?.IsCutOff ?? false;
        var others = roles.ActiveWitnesses.Where(other => !other.Equals(silo.SiloAddress)).ToArray();
        var own = probe.IsReachedAsync();
        var answers = await Task.WhenAll(others.Select(other => AskAsync(other, isCutOff, cancellationToken)));
        var reaches = await own;
        var now = Time.GetTimestamp();
        _turnedAt = now;
        if (pausedFor > GiveUpAfter)
        {
            // What failed while this process stood still says nothing.
            (_reachedAt, _answeredAt, _storeFailures, _peerFailures) = (now, now, 0, 0);
            return;
        }

        view.IsSilent = !reaches;
        Count(reaches, ref _reachedAt, ref _storeFailures, now);
        var reached = answers.Count(static answer => answer is not null);
        var isMinority = others.Length > 1 && (reached + 1) * 2 < others.Length + 1;
        Count(!isMinority, ref _answeredAt, ref _peerFailures, now);
        var takers = others.Where((other, i) => answers[i] is true && roles.IsBacklog(other)).Count();
        Judge(others.Length, reached, answers.Count(static answer => answer is true), takers, now);
    }

    private void Judge(int others, int reached, int reaching, int takers, long now)
    {
        var sinceStore = Time.GetElapsedTime(_reachedAt, now);
        if (_streams is { } streams && streams.SinceStoreAnswered < sinceStore)
        {
            // A commit landed, or a head was confirmed.
            sinceStore = streams.SinceStoreAnswered;
        }

        var lostStore = _storeFailures >= LeastFailures && sinceStore >= GiveUpAfter;
        var lostPeers = _peerFailures >= LeastFailures && Time.GetElapsedTime(_answeredAt, now) >= GiveUpAfter;
        view.IsDownForAll = _storeFailures > 0 && reaching == 0 && (reached + 1) * 2 > others + 1;
        view.Fault = lostPeers ? $"Only {reached} of the other {others} nodes of the cluster answer this one."
            : !lostStore ? null
            : reaching > 0 ? "This node does not reach the store though others do; streams are elsewhere."
            : $"The store has not answered for {sinceStore.TotalSeconds:F0} s, and no other node that answers reaches it.";
        if ((lostStore && takers > 0) || lostPeers)
        {
            if (_streams is { IsCutOff: false } given)
            {
                LogCutOff(logger, given.LoadedStreams, view.Fault!);
                given.CutOff();
            }
        }
        else if (_streams is { IsCutOff: true } back && _storeFailures == 0 && _peerFailures == 0)
        {
            LogBack(logger);
            back.Rejoin();
        }
    }

    private static void Count(bool isGood, ref long goodAt, ref int failures, long now)
    {
        if (isGood)
        {
            (goodAt, failures) = (now, 0);
        }
        else
        {
            failures++;
        }
    }

    /// <summary>Whether another silo reaches the store; null when it does not answer.</summary>
    private async Task<bool?> AskAsync(SiloAddress other, bool isCutOff, CancellationToken cancellationToken)
    {
        try
        {
            return await peers.AskAsync(other, silo.SiloAddress, isCutOff).WaitAsync(PeerTimeout, Time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // A silo that is on its way out or in is as silent as one that is out of reach.
            return null;
        }
    }

    [LoggerMessage(6075, LogLevel.Error, "This silo gives its streams up ({Streams}) and takes none: {Reason}")]
    private static partial void LogCutOff(ILogger logger, int streams, string reason);

    [LoggerMessage(6076, LogLevel.Warning, "The store and the other silos answer this silo again; it takes streams.")]
    private static partial void LogBack(ILogger logger);
}
