using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>
/// Records what answers claim about tails, and the appends that decide whether that is true. Begin a record before sending
/// and end it after the answer arrived: then an append that is acknowledged before a request is sent was so in the run. All
/// times are of one clock, so all clients are in one process. Safe to use from many threads.
/// </summary>
/// <remarks>
/// Record every append from the creation of a stream on. Streams that somebody deletes must be created again under the
/// recorder (<see cref="Create"/>), and answers that there is no such stream must not be recorded for them.
/// </remarks>
public sealed class ClaimRecorder(TimeProvider time)
{
    private readonly long _begun = time.GetTimestamp();
    private readonly Lock _lock = new();
    private readonly List<AppendRecord> _appends = [];
    private readonly List<ClaimRecord> _claims = [];

    /// <summary>How long the recording has lasted.</summary>
    public TimeSpan Now => time.GetElapsedTime(_begun);

    /// <summary>A creation is about to be sent.</summary>
    public SentAppend Create(string stream, int events = 0) => Add(new AppendRecord(stream, events, Now) { Creates = true });

    /// <summary>An append is about to be sent for the first time. A client that repeats it without an identity records each attempt.</summary>
    public SentAppend Append(string stream, int events, bool closes = false) =>
        Add(new AppendRecord(stream, events, Now) { Closes = closes });

    /// <summary>A request is about to be sent whose answer may claim something.</summary>
    /// <param name="stream">About which stream.</param>
    /// <param name="way">Through which node, with which client and verb; for counts and messages.</param>
    public SentRequest Ask(string stream, string way) => new(this, stream, way, Now);

    /// <summary>Judges everything so far.</summary>
    public ClaimVerdict Check()
    {
        lock (_lock)
        {
            return ClaimChecker.Check(_appends, _claims);
        }
    }

    internal void Acknowledge(SentAppend append, StreamOffset? position)
    {
        var now = Now;
        lock (_lock)
        {
            _appends[append.Index] = _appends[append.Index] with { Acknowledged = now, Position = position };
        }
    }

    internal void Answer(string stream, string way, TimeSpan sent, TimeSpan waited, Claim claim)
    {
        var now = Now;
        var holds = sent + waited < now ? sent + waited : sent;
        lock (_lock)
        {
            _claims.Add(new ClaimRecord(stream, way, sent, holds, now, claim));
        }
    }

    private SentAppend Add(AppendRecord append)
    {
        lock (_lock)
        {
            _appends.Add(append);
            return new SentAppend(this, _appends.Count - 1);
        }
    }
}
