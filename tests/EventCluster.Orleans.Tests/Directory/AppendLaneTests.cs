using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Orleans.Directory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>The edge's identity and retries (CORRECTNESS rule 7): whatever fails, one copy remains and no append is acked that is not there.</summary>
public sealed class AppendLaneTests : LaneTest
{
    [Fact]
    public async Task Attempt_LandsWithoutAnAnswer_IsRepeatedWithTheSameStampAndLeavesOneCopy()
    {
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            throw new TimeoutException();
        });

        var appended = Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.Equal((await Stream.StateAsync()).Tail, appended.Next);
        Assert.Equal(["a"], await Stream.TextsAsync());
        Assert.Equal(Grain.Calls[0][0].Producer, Grain.Calls[1][0].Producer);
        Assert.NotNull(Grain.Calls[0][0].Producer);
    }

    [Fact]
    public async Task Attempt_DoesNotLand_IsRepeated()
    {
        Grain.Script(_ => throw new TimeoutException());
        Grain.Script(requests => Task.FromResult(All(requests, Moved)));

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.Equal(3, Grain.Calls.Count);
        Assert.Equal(["a"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task Appends_WhileACallIsInFlight_GoTogetherAndInOrder()
    {
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            return await Grain.ApplyAsync(requests);
        });
        var sent = Enumerable.Range(0, 50).Select(i => SendAsync($"{i}")).ToArray();
        gate.SetResult();

        await Phase.OfAsync("appends", Task.WhenAll(sent));

        Assert.Equal([1, 49], Grain.Calls.Select(call => call.Length));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), await Stream.TextsAsync());
    }

    [Fact]
    public async Task Refusal_InTheMiddleOfACall_TheOthersGoOnAndNothingIsLost()
    {
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            return await Grain.ApplyAsync(requests);
        });
        var first = SendAsync("a");
        var refused = SendAsync(Plain("x") with { ContentType = StreamContentType.Parse("no/such") });
        var others = new[] { SendAsync("b"), SendAsync("c") };
        gate.SetResult();

        Assert.IsType<AppendOutcome.ContentTypeMismatch>(await Phase.OfAsync("refused", refused));
        await Phase.OfAsync("others", Task.WhenAll([first, .. others]));

        foreach (var other in others)
        {
            Assert.IsType<AppendOutcome.Appended>(await other);
        }
        Assert.Equal(["a", "b", "c"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task Refusal_BehindALostAnswer_NeverStampsTwoAppendsAlike()
    {
        // The first attempt lands its second append only; its answer is lost. The second attempt refuses the first one.
        var refusing = Plain("x") with { ExpectedOffset = new StreamOffset(1, 77) };
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            return await Grain.ApplyAsync(requests);
        });
        var head = SendAsync("head");
        var (refused, kept) = (SendAsync(refusing), SendAsync("kept"));
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            throw new TimeoutException();
        });
        gate.SetResult();

        await Phase.OfAsync("appends", Task.WhenAll(head, refused, kept));
        Assert.IsType<AppendOutcome.TailMismatch>(await refused);
        Assert.IsType<AppendOutcome.Appended>(await kept);

        Assert.Equal(["head", "kept"], await Stream.TextsAsync());
        var stamps = Grain.Calls.SelectMany(call => call).Where(request => request.Producer is not null)
            .GroupBy(request => request.Producer!).Select(group => group.Select(r => TestData.Text(r.Events[0])).Distinct().Count());
        Assert.All(stamps, different => Assert.Equal(1, different));
    }

    [Fact]
    public async Task NoAnswerUntilTheEnd_IsUnknown()
    {
        GiveUpSoon();
        for (var i = 0; i < 200; i++)
        {
            Grain.Script(_ => throw new TimeoutException());
        }

        var outcome = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("a"));

        Assert.Equal(UnavailableReason.OutcomeUnknown, outcome.Reason);
    }

    [Fact]
    public async Task MovedUntilTheEnd_IsMoved()
    {
        GiveUpSoon();
        for (var i = 0; i < 200; i++)
        {
            Grain.Script(requests => Task.FromResult(All(requests, Moved)));
        }

        var outcome = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("a"));

        Assert.Equal(UnavailableReason.Moved, outcome.Reason);
    }

    [Fact]
    public async Task ProducerLimit_OfTheStream_GoesWithoutIdentityAndIsNotRepeatedAfterAnUnknownOutcome()
    {
        await Stream.SendAsync(As("p", "1"));
        await Stream.SendAsync(As("q", "2"));

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("3"));
        Grain.Script(Grain.ApplyAsync);
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            throw new TimeoutException();
        });
        var unknown = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("4"));

        Assert.Equal(UnavailableReason.OutcomeUnknown, unknown.Reason);
        Assert.Equal(["1", "2", "3", "4"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task Restart_WithAClockThatWentBack_MovesBehindTheKnownEpoch()
    {
        await Stream.SendAsync(Plain("old") with { Producer = new ProducerStamp(Identity.Id, 99L << 20, 0) });

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("new"));

        Assert.Equal(["old", "new"], await Stream.TextsAsync());
        Assert.True(Identity.NextEpoch() > 99L << 20);
    }

    [Fact]
    public async Task Recreated_StreamForgotTheRun_TheNextAppendsStartANewOne()
    {
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            var outcomes = await Grain.ApplyAsync(requests);
            await Stream.DeleteAsync(TestContext.Current.CancellationToken);
            await Stream.NewAsync();
            return outcomes;
        });
        var (first, second) = (SendAsync("a"), SendAsync("b"));
        gate.SetResult();

        await Phase.OfAsync("appends", Task.WhenAll(first, second));

        Assert.IsType<AppendOutcome.Appended>(await second);
        Assert.Equal(["b"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task ClientsOwnIdentity_IsPassedOnUntouched()
    {
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            throw new TimeoutException();
        });

        Assert.IsType<AppendOutcome.Appended>(await SendAsync(As("p", "a")));

        Assert.All(Grain.Calls, call => Assert.Equal("p", call[0].Producer!.Id));
        Assert.Equal(["a"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task Rule21_AnAckNamesATailAboveAWaitingRead_TheReadIsAskedAgain()
    {
        Grain.FirstReadIsStale = true;
        var handle = new OrleansStreamHandle(Reach, Stream.Name, Grain);
        var waiting = handle.WaitAsync((await Stream.StateAsync()).Tail, TimeSpan.FromSeconds(50));
        Assert.Equal(1, Grain.Reads);

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.Equal(["a"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("the read ends", waiting)).Texts());
        Assert.Equal(2, Grain.Reads);
    }

    [Fact]
    public async Task Pending_AboveTheLimit_IsOverloaded()
    {
        Options.MaxPendingAppendsPerStream = 1;
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            return await Grain.ApplyAsync(requests);
        });
        var (inFlight, waiting) = (SendAsync("a"), SendAsync("b"));

        var refused = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("c"));
        gate.SetResult();

        Assert.Equal(UnavailableReason.Overloaded, refused.Reason);
        await Phase.OfAsync("appends", Task.WhenAll(inFlight, waiting));
        Assert.Equal(["a", "b"], await Stream.TextsAsync());
    }

    private static AppendRequest As(string producer, string text) => Plain(text) with { Producer = new ProducerStamp(producer, 0, 0) };

    private static AppendOutcome[] All(AppendRequest[] requests, AppendOutcome outcome) => [.. requests.Select(_ => outcome)];

    private static AppendOutcome Moved => new AppendOutcome.Unavailable(UnavailableReason.Moved, "moving");
}
