using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Directory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>
/// An owner that is gone without a sign: every verb, of an edge and of a client of the cluster, is answered within the documented time,
/// besides the wait that was asked for. Nothing here takes real time.
/// </summary>
public sealed class SilentOwnerTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>Timestamps are not exact multiples of ticks.</summary>
    private static readonly TimeSpan ClockGrain = TimeSpan.FromMilliseconds(1);

    private static readonly StreamName Name = TestData.Name("s");

    private static readonly Dictionary<string, Func<IStreamHandle, Task<object>>> Verbs = new()
    {
        ["create"] = async stream => await stream.CreateAsync(new CreateRequest(), CancellationToken.None),
        ["append"] = async stream => await stream.AppendAsync(Append("x"), CancellationToken.None),
        ["append with producer"] = async stream =>
            await stream.AppendAsync(Append("x") with { Producer = new ProducerStamp("p", 0, 0) }, CancellationToken.None),
        ["close"] = async stream => await stream.AppendAsync(new AppendRequest { Close = true }, CancellationToken.None),
        ["configure"] = async stream => await stream.ConfigureAsync(new RetentionLimits(Events: 100), CancellationToken.None),
        ["trim"] = async stream => await stream.TrimAsync(new StreamOffset(1, 1), CancellationToken.None),
        ["delete"] = async stream => await stream.DeleteAsync(CancellationToken.None),
        ["describe"] = async stream => await stream.DescribeAsync(CancellationToken.None),
        ["describe behind the tail"] = async stream => await stream.DescribeAsync(ReadConfirmation.Followed, CancellationToken.None),
        ["read"] = stream => ReadAsync(stream, 0),
        ["read with a wait of 1 s"] = stream => ReadAsync(stream, 1),
        ["read with a wait of 30 s"] = stream => ReadAsync(stream, 30),
    };

    public static TheoryData<string, bool> EveryVerb()
    {
        var data = new TheoryData<string, bool>();
        foreach (var verb in Verbs.Keys)
        {
            data.Add(verb, false);
            data.Add(verb, true);
        }

        return data;
    }

    /// <summary>An append is one call, which no other comes before.</summary>
    public static TheoryData<string, bool> EveryVerbButAppends()
    {
        var data = new TheoryData<string, bool>();
        foreach (var verb in Verbs.Keys.Where(verb => !verb.StartsWith("append", StringComparison.Ordinal) && verb != "close"))
        {
            data.Add(verb, false);
            data.Add(verb, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public void SilentOwner_IsAnsweredForInTime(string verb, bool isClient)
    {
        var scene = new Scene(isClient);

        var (outcome, took) = scene.Run(Verbs[verb], null);

        AssertNotNow(outcome);
        var wait = TimeSpan.FromSeconds(verb.EndsWith("30 s", StringComparison.Ordinal) ? 30 : verb.EndsWith("1 s", StringComparison.Ordinal) ? 1 : 0);

        // Before that it is tried: a failover takes some of the time.
        Assert.InRange(took, Bound - TimeSpan.FromSeconds(1), Bound + wait + ClockGrain);
        Assert.True(scene.Grain.Calls > 1, "It was never repeated.");
    }

    /// <summary>Several calls for one answer: what the first ones took, the last one has not.</summary>
    [Theory]
    [InlineData("describe", 3)]
    [InlineData("describe", 9)]
    [InlineData("describe behind the tail", 9)]
    [InlineData("read", 6)]
    [InlineData("create", 6)]
    [InlineData("trim", 8)]
    [InlineData("configure", 8)]
    [InlineData("delete", 8)]
    public void CallsForOneAnswer_TakeTheTimeOfOne(string verb, int secondsBefore)
    {
        var scene = new Scene(isClient: false);

        var (outcome, took) = scene.Run(Verbs[verb], answer: time => Task.Delay(TimeSpan.FromSeconds(secondsBefore), time));

        AssertNotNow(outcome);
        Assert.InRange(took, Bound - TimeSpan.FromSeconds(1), Bound + ClockGrain);
    }

    [Theory]
    [MemberData(nameof(EveryVerbButAppends))]
    public void UsedUpTime_NothingIsBegun(string verb, bool isClient)
    {
        var scene = new Scene(isClient);
        var (outcome, took) = scene.Run(Verbs[verb], answer: time => Task.Delay(Bound, time));

        AssertNotNow(outcome);
        Assert.Equal((0, Bound), (scene.Grain.Calls, took));
    }

    /// <summary>A wait that was asked for is not counted, and what is left of it goes with a repeated question.</summary>
    [Fact]
    public void WaitingRead_WhoseOwnerAnswersLate_HasItsWaitAndTheTime()
    {
        var scene = new Scene(isClient: false);
        scene.Grain.Answers = 1;
        scene.Grain.AnswersAfter = TimeSpan.FromSeconds(13);

        var (outcome, took) = scene.Run(Verbs["read with a wait of 30 s"], null);

        Assert.IsType<ReadOutcome.NotFound>(outcome);
        Assert.Equal(TimeSpan.FromSeconds(13), took);
    }

    /// <summary>Appends that come while a batch has no answer wait for it; their time counts from when they came.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AppendsBehindASilentBatch_AreAnsweredInTime(bool isClient)
    {
        var scene = new Scene(isClient);
        List<(TimeSpan Took, AppendOutcome Outcome)> answers = [];

        _ = scene.Run(
            async stream =>
            {
                List<Task> sent = [];
                for (var i = 0; i < 40; i++)
                {
                    sent.Add(SendAsync(stream, i));
                    await Task.Delay(TimeSpan.FromMilliseconds(500), scene.Clock);
                }

                await Task.WhenAll(sent);
                return "";
            },
            null);

        Assert.Equal(40, answers.Count);
        Assert.All(answers, answer => Assert.InRange(answer.Took, TimeSpan.Zero, Bound + ClockGrain));

        // Who waited until it was too late to begin knows that nothing was done.
        Assert.Contains(answers, answer => answer.Outcome is AppendOutcome.Unavailable { Reason: UnavailableReason.Moved });
        Assert.Contains(answers, answer => answer.Outcome is AppendOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown });

        async Task SendAsync(IStreamHandle stream, int i)
        {
            var began = scene.Clock.Elapsed;
            var outcome = await stream.AppendAsync(Append($"{i}"), CancellationToken.None);
            answers.Add((scene.Clock.Elapsed - began, outcome));
        }
    }

    private static AppendRequest Append(string text) => new() { Events = TestData.Payloads(text) };

    private static async Task<object> ReadAsync(IStreamHandle stream, int wait) => await stream.ReadAsync(
        new ReadRequest(new StreamOffset(1, 0), 1024, 10, TimeSpan.FromSeconds(wait), Touch: false), CancellationToken.None);

    private static void AssertNotNow(object outcome) => Assert.True(
        outcome is CreateOutcome.Unavailable or AppendOutcome.Unavailable or ConfigureOutcome.Unavailable or TrimOutcome.Unavailable
            or DeleteOutcome.Unavailable or DescribeOutcome.Unavailable or ReadOutcome.Unavailable,
        outcome.ToString());

    private sealed class Scene
    {
        private readonly OrleansStreamHandle _stream;

        public Scene(bool isClient)
        {
            Grain = new SilentStreamGrain(Clock);

            // Copies of appends are sent within an attempt, on threads that a test cannot order.
            var options = new OrleansStreamDirectoryOptions { AppendCopyAfter = null };
            var reach = new OwnerReach(
                null!, new EdgeIdentity("e", 1), options, Clock, new Random(1), NullLogger.Instance, isClient ? new GatewayLoss() : null);
            _stream = new OrleansStreamHandle(reach, Name, Grain);
        }

        public VirtualTimeProvider Clock { get; } = new();

        public SilentStreamGrain Grain { get; }

        /// <summary>Runs a call to its end, with something before it for the same answer.</summary>
        public (object Outcome, TimeSpan Took) Run(Func<IStreamHandle, Task<object>> call, Func<TimeProvider, Task>? answer)
        {
            object outcome = "";
            var took = TimeSpan.Zero;
            new DeterministicTaskScheduler(new Random(1)).RunToEnd(
                async () =>
                {
                    var stream = answer is null ? _stream : _stream.Within(new AnswerTime(Clock));
                    await (answer?.Invoke(Clock) ?? Task.CompletedTask);
                    outcome = await call(stream);
                    took = Clock.Elapsed;
                },
                Clock);
            return (outcome, took);
        }
    }
}
