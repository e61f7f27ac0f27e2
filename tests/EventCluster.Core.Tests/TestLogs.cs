using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;
using EventCluster.TestKit;

namespace EventCluster.Core.Tests;

/// <summary>Stream logs without a store.</summary>
internal static class TestLogs
{
    public static readonly LogLimits Limits = new()
    {
        RetentionDefaults = RetentionLimits.None,
        MaxProducers = 10_000,
        ProducerIdle = (long)TimeSpan.FromDays(7).TotalMilliseconds,
        MaxForkDepth = 64,
        MaxForks = 10_000,
        MaxStateBytes = 64 * 1024,
        MaxCommitBytes = 16 * 1024 * 1024,
        MaxCommitProducers = 1_000,
        SettleForksAfter = 60_000,
    };

    /// <summary>A log of a stream that is stored with a state, or of none.</summary>
    public static StreamLog New(string name, LogLimits? limits = null, StreamState? state = null, StreamHead? head = null)
    {
        var stored = state is null ? null : new StoredHead(
            TestData.Name(name),
            Fence: 1,
            Version: 1,
            LastCommitId: 1,
            head ?? new StreamHead(0, 0, 0, 0, StreamHead.NeverDue),
            new IncarnationList(new IncarnationStart(1, 0)),
            StreamStateCodec.Encode(state));
        return new StreamLog(TestData.Name(name), new OpenedStream(1, stored, []), limits ?? Limits);
    }

    /// <summary>A log of a new, committed stream.</summary>
    public static StreamLog Created(CreateRequest? request = null, LogLimits? limits = null, long now = TestData.BaseTime)
    {
        var log = New("s", limits);
        log.Create(request ?? new CreateRequest(), basis: null, incarnation: 1, now);
        Commit(log, now);
        return log;
    }

    /// <summary>Commits what was decided.</summary>
    public static StreamCommit? Commit(StreamLog log, long now = TestData.BaseTime)
    {
        var commit = log.TakeCommit(1, now);
        if (commit is not null)
        {
            log.Committed();
        }

        return commit;
    }
}
