using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>A client of the cluster whose gateway gives no answer: a copy of the call takes another one, and one append remains.</summary>
public sealed class AppendCopyTests() : LaneTest(copyAfter: TimeSpan.FromMilliseconds(20))
{
    private readonly TaskCompletionSource<AppendOutcome[]> _never = new();

    [Fact]
    public async Task NoAnswer_BeforeItsAttemptIsOver_ACopyIsSentAndAnswers()
    {
        Grain.Script(_ => _never.Task);

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.Equal(["a"], await Stream.TextsAsync());
        Assert.True(Grain.Calls.Count > 1);
        Assert.Single(Grain.Calls.Select(call => call[0].Producer).Distinct());
    }

    [Fact]
    public async Task NoAnswer_ThoughItLanded_TheCopysDuplicateIsASuccess()
    {
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            return await _never.Task;
        });

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));
        Assert.IsType<AppendOutcome.Appended>(await SendAsync("b"));

        Assert.Equal(["a", "b"], await Stream.TextsAsync());
    }

    /// <summary>Goal: what a hanging gateway sends on after a minute harms nobody.</summary>
    [Fact]
    public async Task Original_ArrivesAfterLaterAppends_ChangesNothing()
    {
        var late = new TaskCompletionSource();
        var applied = new TaskCompletionSource<AppendOutcome[]>();
        Grain.Script(async requests =>
        {
            await late.Task;
            applied.SetResult(await Grain.ApplyAsync(requests));
            return await applied.Task;
        });
        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));
        Assert.IsType<AppendOutcome.Appended>(await SendAsync("b"));

        late.SetResult();

        Assert.IsNotType<AppendOutcome.Appended>(Assert.Single(await Phase.OfAsync("the original arrives", applied.Task)));
        Assert.Equal(["a", "b"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task Copy_SaysMovedWhileTheOriginalIsOnItsWay_TheOutcomeIsNotNo()
    {
        GiveUpSoon();
        Grain.Script(_ => _never.Task);
        for (var i = 0; i < 200; i++)
        {
            Grain.Script(requests => Task.FromResult<AppendOutcome[]>(
                [.. requests.Select(_ => new AppendOutcome.Unavailable(UnavailableReason.Moved, "moving"))]));
        }

        var outcome = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("a"));

        Assert.Equal(UnavailableReason.OutcomeUnknown, outcome.Reason);
    }

    [Fact]
    public async Task Copy_FailsOnItsWay_TheOriginalsAnswerCounts()
    {
        var answer = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await answer.Task;
            return await Grain.ApplyAsync(requests);
        });
        for (var i = 0; i < 2; i++)
        {
            Grain.Script(_ =>
            {
                answer.TrySetResult();
                throw new TimeoutException();
            });
        }

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));
        Assert.Equal(["a"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task AppendWithoutIdentity_IsNeverCopied()
    {
        await Stream.SendAsync(Plain("1") with { Producer = new ProducerStamp("p", 0, 0) });
        await Stream.SendAsync(Plain("2") with { Producer = new ProducerStamp("q", 0, 0) });
        Assert.IsType<AppendOutcome.Appended>(await SendAsync("3"));
        Options.AppendAttemptTimeout = TimeSpan.FromMilliseconds(200);
        Grain.Script(Grain.ApplyAsync);
        Grain.Script(_ => _never.Task);
        var before = Grain.Calls.Count;

        var unknown = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("4"));

        // With the edge's identity it was refused; without, it was sent once.
        Assert.Equal(UnavailableReason.OutcomeUnknown, unknown.Reason);
        Assert.Single(Grain.Calls.Skip(before), call => call[0].Producer is null);
        Assert.Equal(["1", "2", "3"], await Stream.TextsAsync());
    }
}
