using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Directory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>The edge's identity and retries (CORRECTNESS rule 7): whatever fails, one copy remains and no append is acked that is not there.</summary>
public sealed class AppendLaneTests : IAsyncLifetime
{
    private readonly InMemoryLogStore _store = new(new InMemoryLogStoreOptions());
    private readonly LocalStreamDirectory _owner;
    private readonly IStreamHandle _stream;
    private readonly FakeStreamGrain _grain;
    private readonly EdgeIdentity _identity = new("e", 1);
    private readonly OrleansStreamDirectoryOptions _options = new() { RetryFor = TimeSpan.FromMilliseconds(300) };
    private readonly OwnerReach _reach;

    public AppendLaneTests()
    {
        _owner = new LocalStreamDirectory(
            _store,
            new LocalStreamDirectoryOptions { MaxProducersPerStream = 2 },
            TimeProvider.System,
            new Random(1),
            NullLogger<LocalStreamDirectory>.Instance);
        _stream = _owner.GetStream(TestData.Name("s"));
        _grain = new FakeStreamGrain(_stream);
        _reach = new OwnerReach(null!, _identity, _options, TimeProvider.System, new Random(1), NullLogger.Instance);
    }

    public async ValueTask InitializeAsync() => await _stream.NewAsync();

    public async ValueTask DisposeAsync()
    {
        _reach.Dispose();
        await _owner.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Attempt_LandsWithoutAnAnswer_IsRepeatedWithTheSameStampAndLeavesOneCopy()
    {
        _grain.Script(async requests =>
        {
            await _grain.ApplyAsync(requests);
            throw new TimeoutException();
        });

        var appended = Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.Equal((await _stream.StateAsync()).Tail, appended.Next);
        Assert.Equal(["a"], await _stream.TextsAsync());
        Assert.Equal(_grain.Calls[0][0].Producer, _grain.Calls[1][0].Producer);
        Assert.NotNull(_grain.Calls[0][0].Producer);
    }

    [Fact]
    public async Task Attempt_DoesNotLand_IsRepeated()
    {
        _grain.Script(_ => throw new TimeoutException());
        _grain.Script(requests => Task.FromResult(All(requests, Moved)));

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.Equal(3, _grain.Calls.Count);
        Assert.Equal(["a"], await _stream.TextsAsync());
    }

    [Fact]
    public async Task Appends_WhileACallIsInFlight_GoTogetherAndInOrder()
    {
        var gate = new TaskCompletionSource();
        _grain.Script(async requests =>
        {
            await gate.Task;
            return await _grain.ApplyAsync(requests);
        });
        var sent = Enumerable.Range(0, 50).Select(i => SendAsync($"{i}")).ToArray();
        gate.SetResult();

        await Phase.OfAsync("appends", Task.WhenAll(sent));

        Assert.Equal([1, 49], _grain.Calls.Select(call => call.Length));
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), await _stream.TextsAsync());
    }

    [Fact]
    public async Task Refusal_InTheMiddleOfACall_TheOthersGoOnAndNothingIsLost()
    {
        var gate = new TaskCompletionSource();
        _grain.Script(async requests =>
        {
            await gate.Task;
            return await _grain.ApplyAsync(requests);
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
        Assert.Equal(["a", "b", "c"], await _stream.TextsAsync());
    }

    [Fact]
    public async Task Refusal_BehindALostAnswer_NeverStampsTwoAppendsAlike()
    {
        // The first attempt lands its second append only; its answer is lost. The second attempt refuses the first one.
        var refusing = Plain("x") with { ExpectedOffset = new StreamOffset(1, 77) };
        var gate = new TaskCompletionSource();
        _grain.Script(async requests =>
        {
            await gate.Task;
            return await _grain.ApplyAsync(requests);
        });
        var head = SendAsync("head");
        var (refused, kept) = (SendAsync(refusing), SendAsync("kept"));
        _grain.Script(async requests =>
        {
            await _grain.ApplyAsync(requests);
            throw new TimeoutException();
        });
        gate.SetResult();

        await Phase.OfAsync("appends", Task.WhenAll(head, refused, kept));
        Assert.IsType<AppendOutcome.TailMismatch>(await refused);
        Assert.IsType<AppendOutcome.Appended>(await kept);

        Assert.Equal(["head", "kept"], await _stream.TextsAsync());
        var stamps = _grain.Calls.SelectMany(call => call).Where(request => request.Producer is not null)
            .GroupBy(request => request.Producer!).Select(group => group.Select(r => TestData.Text(r.Events[0])).Distinct().Count());
        Assert.All(stamps, different => Assert.Equal(1, different));
    }

    [Fact]
    public async Task NoAnswerUntilTheEnd_IsUnknown()
    {
        for (var i = 0; i < 200; i++)
        {
            _grain.Script(_ => throw new TimeoutException());
        }

        var outcome = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("a"));

        Assert.Equal(UnavailableReason.OutcomeUnknown, outcome.Reason);
    }

    [Fact]
    public async Task MovedUntilTheEnd_IsMoved()
    {
        for (var i = 0; i < 200; i++)
        {
            _grain.Script(requests => Task.FromResult(All(requests, Moved)));
        }

        var outcome = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("a"));

        Assert.Equal(UnavailableReason.Moved, outcome.Reason);
    }

    [Fact]
    public async Task RefusedClosed_AfterALostAnswer_IsUnknownInsteadOfNo()
    {
        _grain.Script(async requests =>
        {
            await _grain.ApplyAsync(requests);
            await _stream.CloseAsync();
            throw new TimeoutException();
        });

        var outcome = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("a"));

        Assert.Equal(UnavailableReason.OutcomeUnknown, outcome.Reason);
        Assert.Equal(["a"], await _stream.TextsAsync());
    }

    [Fact]
    public async Task ProducerLimit_OfTheStream_GoesWithoutIdentityAndIsNotRepeatedAfterAnUnknownOutcome()
    {
        await _stream.SendAsync(As("p", "1"));
        await _stream.SendAsync(As("q", "2"));

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("3"));
        _grain.Script(_grain.ApplyAsync);
        _grain.Script(async requests =>
        {
            await _grain.ApplyAsync(requests);
            throw new TimeoutException();
        });
        var unknown = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("4"));

        Assert.Equal(UnavailableReason.OutcomeUnknown, unknown.Reason);
        Assert.Equal(["1", "2", "3", "4"], await _stream.TextsAsync());
    }

    [Fact]
    public async Task Restart_WithAClockThatWentBack_MovesBehindTheKnownEpoch()
    {
        await _stream.SendAsync(Plain("old") with { Producer = new ProducerStamp(_identity.Id, 99L << 20, 0) });

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("new"));

        Assert.Equal(["old", "new"], await _stream.TextsAsync());
        Assert.True(_identity.NextEpoch() > 99L << 20);
    }

    [Fact]
    public async Task Recreated_StreamForgotTheRun_TheNextAppendsStartANewOne()
    {
        var gate = new TaskCompletionSource();
        _grain.Script(async requests =>
        {
            await gate.Task;
            var outcomes = await _grain.ApplyAsync(requests);
            await _stream.DeleteAsync(TestContext.Current.CancellationToken);
            await _stream.NewAsync();
            return outcomes;
        });
        var (first, second) = (SendAsync("a"), SendAsync("b"));
        gate.SetResult();

        await Phase.OfAsync("appends", Task.WhenAll(first, second));

        Assert.IsType<AppendOutcome.Appended>(await second);
        Assert.Equal(["b"], await _stream.TextsAsync());
    }

    [Fact]
    public async Task ClientsOwnIdentity_IsPassedOnUntouched()
    {
        _grain.Script(async requests =>
        {
            await _grain.ApplyAsync(requests);
            throw new TimeoutException();
        });

        Assert.IsType<AppendOutcome.Duplicate>(await SendAsync(As("p", "a")));

        Assert.All(_grain.Calls, call => Assert.Equal("p", call[0].Producer!.Id));
        Assert.Equal(["a"], await _stream.TextsAsync());
    }

    [Fact]
    public async Task Rule21_AnAckNamesATailAboveAWaitingRead_TheReadIsAskedAgain()
    {
        _grain.FirstReadIsStale = true;
        var handle = new OrleansStreamHandle(_reach, _stream.Name, _grain);
        var waiting = handle.WaitAsync((await _stream.StateAsync()).Tail, TimeSpan.FromSeconds(50));
        Assert.Equal(1, _grain.Reads);

        Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.Equal(["a"], Assert.IsType<ReadOutcome.Batch>(await Phase.OfAsync("the read ends", waiting)).Texts());
        Assert.Equal(2, _grain.Reads);
    }

    [Fact]
    public async Task Pending_AboveTheLimit_IsOverloaded()
    {
        _options.MaxPendingAppendsPerStream = 1;
        var gate = new TaskCompletionSource();
        _grain.Script(async requests =>
        {
            await gate.Task;
            return await _grain.ApplyAsync(requests);
        });
        var (inFlight, waiting) = (SendAsync("a"), SendAsync("b"));

        var refused = Assert.IsType<AppendOutcome.Unavailable>(await SendAsync("c"));
        gate.SetResult();

        Assert.Equal(UnavailableReason.Overloaded, refused.Reason);
        await Phase.OfAsync("appends", Task.WhenAll(inFlight, waiting));
        Assert.Equal(["a", "b"], await _stream.TextsAsync());
    }

    private static AppendRequest Plain(string text) => new() { Events = TestData.Payloads(text) };

    private static AppendRequest As(string producer, string text) => Plain(text) with { Producer = new ProducerStamp(producer, 0, 0) };

    private static AppendOutcome[] All(AppendRequest[] requests, AppendOutcome outcome) => [.. requests.Select(_ => outcome)];

    private static AppendOutcome Moved => new AppendOutcome.Unavailable(UnavailableReason.Moved, "moving");

    private Task<AppendOutcome> SendAsync(string text) => SendAsync(Plain(text));

    private Task<AppendOutcome> SendAsync(AppendRequest request) => Phase.OfAsync(
        "append", _reach.AppendAsync(_stream.Name, _grain, request, request.Events.Sum(payload => payload.Length)));
}
