using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Claims;
using Xunit;

namespace EventCluster.Simulation.Tests.Claims;

/// <summary>The checker is a measuring instrument: it must stay silent on good histories and name every wrong claim.</summary>
public sealed class ClaimCheckerTests
{
    private const string Stream = "s";
    private const string Way = "edge-1 HEAD";
    private const int Seeds = 60;
    private const int ManyRecords = 1_000_000;

    /// <summary>Histories as (what, expected faults, records). Times are seconds.</summary>
    private static readonly Dictionary<string, (ClaimFaultKind[] Expected, object[] Records)> Table = new(StringComparer.Ordinal)
    {
        // ----- right
        ["nothing at all"] = ([], []),
        ["a tail as acknowledged"] = ([], [Created, Append(1, 2, at: 1), Tail(3, 4, 1)]),
        ["an append in flight counts"] = ([], [Created, Append(1, 5, at: 1), Tail(2, 3, 1)]),
        ["an append in flight need not count"] = ([], [Created, Append(1, 5, at: 1), Tail(2, 3, 0)]),
        ["an append acknowledged while the request is under way need not count"] = ([], [Created, Append(1, 3, at: 1), Tail(2, 4, 0)]),
        ["acknowledged at the very moment of sending is not before"] = ([], [Created, Append(1, 2, at: 1), Tail(2, 3, 0)]),
        ["sent at the very moment of the answer may count"] = ([], [Created, Append(3, 4, at: 1), Tail(2, 3, 1)]),
        ["an answer without a claim may be as old as it likes"] = ([], [Created, Append(1, 2, at: 1), Says(3, 4, Claim.None)]),
        ["events behind the tail claim nothing"] = ([], [Created, Append(1, 2, at: 5, events: 5), Says(3, 4, Claim.Reached(Of(2)))]),
        ["an append that nobody acknowledged may be there"] = ([], [Created, Sent(1, events: 3), Tail(2, 3, 3)]),
        ["an append that nobody acknowledged may be missing"] = ([], [Created, Sent(1, events: 3), Tail(20, 30, 0)]),
        ["a duplicate has no place of its own"] = ([], [Created, Duplicate(1, 2, events: 3), Tail(3, 4, 3)]),
        ["a place above a duplicate's is no news"] = ([], [Created, Duplicate(1, 2, events: 3), Append(3, 4, at: 4), Tail(5, 6, 4)]),
        ["a wait that began before an append and ended before its answer"] =
            ([], [Created, Append(2, 6, at: 1), Waited(1, 4, 7, 0)]),
        ["a wait whose append was acknowledged after its end"] = ([], [Created, Append(2, 5, at: 1), Waited(1, 4, 7, 0)]),
        ["another stream's appends"] = ([], [Created, Append(1, 2, at: 9, stream: "t"), Tail(3, 4, 0)]),
        ["a stream that is created again begins anew"] =
            ([], [Created, Append(1, 2, at: 9, events: 9), Create(3, 4, incarnation: 7), Tail(5, 6, 0, incarnation: 7)]),
        ["a new incarnation without a creation goes on with the sequences"] =
            ([], [Created, Append(1, 2, at: 9, events: 9), Tail(3, 4, 9, incarnation: 2), Append(5, 6, at: 10, incarnation: 2), Tail(7, 8, 10, incarnation: 2)]),
        ["lost commits end in a new incarnation"] =
            ([], [Created, Append(1, 2, at: 9, events: 9), Append(3, 4, at: 6, incarnation: 2), Tail(5, 6, 6, incarnation: 2)]),
        ["a creation with events"] = ([], [Create(0, 1, events: 2), Tail(2, 3, 2)]),
        ["missing before the creation is acknowledged"] = ([], [Create(1, 3), Says(2, 4, Claim.Missing)]),
        ["closed after the close was sent"] = ([], [Created, Close(1, 5, at: 0), Closed(2, 3, 0)]),
        ["a tail that does not say whether it is closed"] =
            ([], [Created, Close(1, 2, at: 0), Says(3, 4, Claim.Tail(Of(0), isClosed: null)), Closed(5, 6, 0), Says(7, 8, Claim.Tail(Of(0), isClosed: null))]),
        ["open while the close is under way"] = ([], [Created, Close(1, 5, at: 0), Tail(2, 3, 0)]),
        ["two claims under way at once may differ in either direction"] =
            ([], [Created, Append(1, 9, at: 1), Tail(2, 5, 1), Tail(3, 6, 0)]),

        // ----- wrong
        ["a tail below an acknowledged append"] = ([ClaimFaultKind.Stale], [Created, Append(1, 2, at: 1), Tail(3, 4, 0)]),
        ["the newest of many decides"] =
            ([ClaimFaultKind.Stale], [Created, Append(1, 2, at: 1), Append(3, 4, at: 2), Append(5, 6, at: 3), Tail(7, 8, 2)]),
        ["acknowledged out of order"] =
            ([ClaimFaultKind.Stale], [Created, Append(1, 3, at: 2), Append(1, 4, at: 1), Tail(5, 6, 1)]),
        ["a single answer among good ones"] =
            ([ClaimFaultKind.Stale], [Created, Append(1, 2, at: 1), Tail(3, 4, 1), Tail(5, 6, 0), Tail(7, 8, 1)]),
        ["a wait that ended after the append was acknowledged"] =
            ([ClaimFaultKind.Stale], [Created, Append(2, 3, at: 1), Waited(1, 4, 7, 0)]),
        ["an older incarnation"] =
            ([ClaimFaultKind.Stale], [Created, Append(1, 2, at: 9, events: 9), Create(3, 4, incarnation: 7), Tail(5, 6, 9)]),
        ["an older incarnation after lost commits"] =
            ([ClaimFaultKind.Stale], [Created, Append(1, 2, at: 9, events: 9), Append(3, 4, at: 6, incarnation: 2), Tail(5, 6, 9)]),
        ["missing though it was created"] = ([ClaimFaultKind.Stale], [Created, Says(2, 4, Claim.Missing)]),
        ["open though it was closed"] = ([ClaimFaultKind.Stale], [Created, Close(1, 2, at: 0), Tail(3, 4, 0)]),
        ["back behind what another answer showed"] =
            ([ClaimFaultKind.WentBack], [Created, Append(1, 9, at: 1), Tail(2, 3, 1), Tail(4, 5, 0)]),
        ["back behind events that were delivered"] =
            ([ClaimFaultKind.WentBack], [Created, Append(1, 9, at: 1), Says(2, 3, Claim.Reached(Of(1))), Tail(4, 5, 0)]),
        ["back to open"] = ([ClaimFaultKind.WentBack], [Created, Close(1, 9, at: 0), Closed(2, 3, 0), Tail(4, 5, 0)]),
        ["above everything"] = ([ClaimFaultKind.FromTheFuture], [Created, Append(1, 2, at: 1), Tail(3, 4, 2)]),
        ["delivered before it was sent"] =
            ([ClaimFaultKind.FromTheFuture], [Created, Append(4, 5, at: 1), Says(2, 3, Claim.Reached(Of(1)))]),
        ["above what a duplicate leaves room for"] =
            ([ClaimFaultKind.FromTheFuture], [Created, Duplicate(1, 2, events: 3), Tail(3, 4, 4)]),
        ["a duplicate leaves no room above a later place"] =
            ([ClaimFaultKind.FromTheFuture], [Created, Duplicate(1, 2, events: 3), Append(3, 4, at: 4), Tail(5, 6, 5)]),
        ["sequences of the incarnation before, after a creation"] =
            ([ClaimFaultKind.FromTheFuture], [Created, Append(1, 2, at: 9, events: 9), Create(3, 4, incarnation: 7), Tail(5, 6, 9, incarnation: 7)]),
        ["closed though nobody closed it"] = ([ClaimFaultKind.FromTheFuture], [Created, Closed(2, 3, 0)]),
        ["another stream's tail"] =
            ([ClaimFaultKind.FromTheFuture], [Created, Append(1, 2, at: 9, events: 9, stream: "t"), Tail(3, 4, 9)]),
        ["each of two"] = ([ClaimFaultKind.Stale, ClaimFaultKind.FromTheFuture], [Created, Append(1, 2, at: 1), Tail(3, 4, 0), Tail(5, 6, 2)]),
    };

    public static TheoryData<string> Histories => [.. Table.Keys];

    private static AppendRecord Created => Create(-2, -1);

    [Theory]
    [MemberData(nameof(Histories))]
    public void Check_OfATable_FindsWhatIsWrong(string what)
    {
        var (expected, records) = Table[what];

        var verdict = ClaimChecker.Check(records.OfType<AppendRecord>(), records.OfType<ClaimRecord>());

        Assert.Equal(expected, verdict.Faults.Select(fault => fault.Kind));
        Assert.Equal(records.OfType<ClaimRecord>().Count(), verdict.Answers);
    }

    [Fact]
    public void Check_OfDrawnHistories_FindsNothing()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var (appends, claims) = Draw(new Random(seed), records: 400);

            Assert.Empty(ClaimChecker.Check(appends, claims).Faults);
        }
    }

    /// <summary>One wrong claim in a good history is found; by its definition, which compares each with each.</summary>
    [Fact]
    public void Check_OfOneClaimMoved_FindsExactlyTheseThatContradict()
    {
        var found = new Dictionary<ClaimFaultKind, int>();
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var (appends, claims) = Draw(random, records: 200);
            var moved = random.Next(claims.Length);
            claims[moved] = claims[moved] with
            {
                Claim = Claim.Tail(Of(Math.Max(0, claims[moved].Claim.Position.Sequence + random.Next(-8, 9)))),
            };

            var faults = ClaimChecker.Check(appends, claims).Faults;

            var expected = claims.SelectMany(claim => Wrong(claim, appends, claims).Select(kind => (kind, claim)));
            Assert.Equal(expected.ToHashSet(), faults.Select(fault => (fault.Kind, fault.Record)).ToHashSet());
            foreach (var fault in faults)
            {
                found[fault.Kind] = found.GetValueOrDefault(fault.Kind) + 1;
            }
        }

        Assert.Equal(3, found.Count);
    }

    [Fact]
    public async Task Check_OfAMillionRecords_Ends()
    {
        var (appends, claims) = Draw(new Random(1), ManyRecords);

        // Comparing each with each would not end within the guard.
        var verdict = await Phase.OfAsync(
            "a million records are judged", Task.Run(() => ClaimChecker.Check(appends, claims), TestContext.Current.CancellationToken));

        Assert.Empty(verdict.Faults);
        Assert.Equal(claims.Length, verdict.Answers);
    }

    [Fact]
    public void Recorder_ThatIsToldALie_SaysWhereAndAgainstWhat()
    {
        var time = new VirtualTimeProvider();
        var recorder = new ClaimRecorder(time);
        recorder.Create(Stream).Acknowledge(Of(0));
        var append = recorder.Append(Stream, events: 1);
        time.Advance(TimeSpan.FromSeconds(1));
        append.Acknowledge(Of(1));
        time.Advance(TimeSpan.FromSeconds(1));
        var asked = recorder.Ask(Stream, Way);
        var waits = recorder.Ask(Stream, "edge-2 long-poll");
        time.Advance(TimeSpan.FromSeconds(1));
        asked.Answer(Claim.Tail(Of(0)));
        waits.Answer(Claim.None);
        recorder.Ask(Stream, Way).Answer(Claim.Tail(Of(1)));

        var verdict = recorder.Check();

        var fault = Assert.Single(verdict.Faults);
        Assert.Equal(ClaimFaultKind.Stale, fault.Kind);
        Assert.Contains(Way, $"{fault}", StringComparison.Ordinal);
        Assert.Contains("sequence 1 of incarnation 1", fault.Against, StringComparison.Ordinal);
        Assert.Equal(
            "3 answers checked against 2 acknowledged appends, 2 with a claim: 1 stale, 0 went back, 0 from the future", $"{verdict}");
        Assert.Equal(new WayCount(2, 2), verdict.Ways[Way]);
        Assert.Equal(new WayCount(1, 0), verdict.Ways["edge-2 long-poll"]);
    }

    /// <summary>An answer that comes before its wait is over may have been true when the request was sent only.</summary>
    [Theory]
    [InlineData(2, 0)]
    [InlineData(9, 1)]
    public void Recorder_OfAWait_CountsFromItsEnd(int answeredAfter, int stale)
    {
        var time = new VirtualTimeProvider();
        var recorder = new ClaimRecorder(time);
        recorder.Create(Stream).Acknowledge(Of(0));
        time.Advance(TimeSpan.FromSeconds(1));
        var asked = recorder.Ask(Stream, "edge-1 long-poll");
        var append = recorder.Append(Stream, events: 1);
        time.Advance(TimeSpan.FromSeconds(1));
        append.Acknowledge(Of(1));
        time.Advance(TimeSpan.FromSeconds(answeredAfter - 1));

        asked.Answer(Claim.Tail(Of(0)), waited: TimeSpan.FromSeconds(5));

        Assert.Equal(stale, recorder.Check().Count(ClaimFaultKind.Stale));
    }

    /// <summary>The definitions, each claim against each record.</summary>
    private static IEnumerable<ClaimFaultKind> Wrong(ClaimRecord claim, AppendRecord[] appends, ClaimRecord[] claims)
    {
        if (appends.Any(append => append.Acknowledged < claim.Holds && append.Position > claim.Claim.Position))
        {
            yield return ClaimFaultKind.Stale;
        }
        else if (claims.Any(other => other.Answered < claim.Holds && other.Claim.Position > claim.Claim.Position))
        {
            yield return ClaimFaultKind.WentBack;
        }

        // All places are known in these histories.
        if (claim.Claim.Position.Sequence > 0
            && !appends.Any(append => append.Sent <= claim.Answered && append.Position >= claim.Claim.Position))
        {
            yield return ClaimFaultKind.FromTheFuture;
        }
    }

    /// <summary>Clients over a register that grows: each append and each claim has its moment between sending and answer.</summary>
    private static (AppendRecord[] Appends, ClaimRecord[] Claims) Draw(Random random, int records)
    {
        List<AppendRecord> appends = [Created];
        List<ClaimRecord> claims = [];
        var tail = 0L;
        for (var moment = 1; moment < records; moment++)
        {
            var (sent, answered) = (moment - random.Next(20) - 0.5, moment + random.Next(20) + 0.5);
            if (random.Next(3) == 0)
            {
                var events = 1 + random.Next(3);
                tail += events;
                appends.Add(Append(Math.Max(0, sent), answered, tail, events));
            }
            else
            {
                claims.Add(Says(Math.Max(0, sent), answered, Claim.Tail(Of(tail))));
            }
        }

        var all = (Appends: appends.ToArray(), Claims: claims.ToArray());
        random.Shuffle(all.Appends);
        random.Shuffle(all.Claims);
        return all;
    }

    private static StreamOffset Of(long sequence, long incarnation = 1) => new(incarnation, sequence);

    private static TimeSpan Second(double second) => TimeSpan.FromSeconds(second);

    private static AppendRecord Create(double sent, double acknowledged, int events = 0, long incarnation = 1) =>
        Append(sent, acknowledged, events, events, incarnation) with { Creates = true };

    private static AppendRecord Append(
        double sent, double acknowledged, long at, int events = 1, long incarnation = 1, string stream = Stream) =>
        Sent(sent, events, stream) with { Acknowledged = Second(acknowledged), Position = Of(at, incarnation) };

    private static AppendRecord Close(double sent, double acknowledged, long at) =>
        Append(sent, acknowledged, at, events: 0) with { Closes = true };

    private static AppendRecord Duplicate(double sent, double acknowledged, int events) =>
        Sent(sent, events) with { Acknowledged = Second(acknowledged) };

    private static AppendRecord Sent(double sent, int events, string stream = Stream) => new(stream, events, Second(sent));

    private static ClaimRecord Tail(double sent, double answered, long at, long incarnation = 1) =>
        Says(sent, answered, Claim.Tail(Of(at, incarnation)));

    private static ClaimRecord Closed(double sent, double answered, long at) =>
        Says(sent, answered, Claim.Tail(Of(at), isClosed: true));

    private static ClaimRecord Waited(double sent, double until, double answered, long at) =>
        new(Stream, "edge-1 long-poll", Second(sent), Second(until), Second(answered), Claim.Tail(Of(at)));

    private static ClaimRecord Says(double sent, double answered, Claim claim) =>
        new(Stream, Way, Second(sent), Second(sent), Second(answered), claim);
}
