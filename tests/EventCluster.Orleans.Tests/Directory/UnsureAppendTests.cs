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

/// <summary>An append whose outcome is unknown keeps its stamp, whatever happens to its neighbours in the call (CORRECTNESS rule 23).</summary>
public sealed class UnsureAppendTests : LaneTest
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static AppendOutcome Moved => new AppendOutcome.Unavailable(UnavailableReason.Moved, "moving");

    private static AppendOutcome Overloaded => new AppendOutcome.Unavailable(UnavailableReason.Overloaded, "full");

    private static AppendRequest Wrong => Plain("x") with { ContentType = StreamContentType.Parse("no/such") };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Neighbour_IsRefusedInTheRepeatedCall_OneCopyRemains(bool isOverloaded)
    {
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            return await Grain.ApplyAsync(requests);
        });
        var head = SendAsync("head");
        var kept = SendAsync("kept");
        var refused = SendAsync(Wrong);
        Grain.Script(async requests =>
        {
            // Lands "kept" and refuses "x"; the answer is lost.
            await Grain.ApplyAsync(requests);
            throw new TimeoutException();
        });

        // The owner ends between the two requests of the repeated call: the first is "not now", the second decided.
        Grain.Script(async requests => [isOverloaded ? Overloaded : Moved, (await Grain.ApplyAsync([requests[1]]))[0]]);
        gate.SetResult();
        await Phase.OfAsync("appends", Task.WhenAll(head, kept, refused));

        Assert.IsType<AppendOutcome.Appended>(await kept);
        Assert.IsType<AppendOutcome.ContentTypeMismatch>(await refused);
        Assert.Equal(["head", "kept"], await Stream.TextsAsync());
        AssertOneStampPerAppend();
    }

    [Fact]
    public async Task Neighbours_OnBothSidesOfARefusal_GoInOrderAndOnce()
    {
        var gate = new TaskCompletionSource();
        Grain.Script(async requests =>
        {
            await gate.Task;
            return await Grain.ApplyAsync(requests);
        });
        var sent = new[] { SendAsync("0"), SendAsync("1"), SendAsync(Wrong), SendAsync("2"), SendAsync("3") };
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            throw new TimeoutException();
        });
        Grain.Script(async requests => [Moved, .. await Grain.ApplyAsync(requests[1..])]);
        gate.SetResult();

        await Phase.OfAsync("appends", Task.WhenAll(sent));

        Assert.Equal(["0", "1", "2", "3"], await Stream.TextsAsync());
        AssertOneTextPerStamp();
    }

    [Fact]
    public async Task GivenUp_ItsStampIsNeverGivenAgain()
    {
        GiveUpSoon();
        var gate = new TaskCompletionSource();
        Grain.Script(async _ =>
        {
            await gate.Task;
            throw new TimeoutException();
        });
        for (var i = 0; i < 1_000; i++)
        {
            Grain.Script(_ => throw new TimeoutException());
        }

        var (first, second) = (SendAsync("first"), SendAsync("second"));
        gate.SetResult();

        Assert.IsType<AppendOutcome.Unavailable>(await first);
        Assert.IsType<AppendOutcome.Unavailable>(await second);
        AssertOneTextPerStamp();
    }

    [Fact]
    public async Task Close_IsRepeatedAfterTheStreamIsCreatedAgain_TheNewStreamStaysOpen()
    {
        Grain.Script(async requests =>
        {
            await Grain.ApplyAsync(requests);
            await Stream.DeleteAsync(Token);
            await Stream.NewAsync();
            throw new TimeoutException();
        });

        await SendAsync(new AppendRequest { Close = true });

        Assert.False((await Stream.StateAsync()).Closed);
    }

    /// <summary>
    /// With a real owner: the store stalls for longer than some attempts, the owner's queue is full of repeats of the large append, and
    /// another client's append in the same call has the wrong content type.
    /// </summary>
    [Fact]
    public async Task StalledStoreAndFullQueue_OneCopyRemains()
    {
        var store = new FaultyLogStore(new InMemoryLogStore(new InMemoryLogStoreOptions()), new Random(1));
        await using var owner = new LocalStreamDirectory(
            store, new LocalStreamDirectoryOptions { MaxPendingAppendBytesPerStream = 100 }, TimeProvider.System, new Random(1),
            NullLogger<LocalStreamDirectory>.Instance);
        var stream = owner.GetStream(TestData.Name("s"));
        await stream.NewAsync();
        var grain = new FakeStreamGrain(stream);
        var options = new OrleansStreamDirectoryOptions
        {
            AppendAttemptTimeout = TimeSpan.FromMilliseconds(200),
            RetryFor = Phase.HangGuard,
        };
        using var reach = new OwnerReach(null!, new EdgeIdentity("e", 1), options, TimeProvider.System, new Random(1), NullLogger.Instance);
        var gate = new TaskCompletionSource();
        grain.Script(async requests =>
        {
            await gate.Task;
            return await grain.ApplyAsync(requests);
        });
        grain.Script(requests =>
        {
            store.Hold();
            return grain.ApplyAsync(requests);
        });
        var large = new string('x', 60);
        var head = Send(new AppendRequest { Events = TestData.Payloads("head") });
        var kept = Send(new AppendRequest { Events = TestData.Payloads(large) });
        var refused = Send(new AppendRequest { Events = TestData.Payloads("y"), ContentType = StreamContentType.Parse("no/such") });
        gate.SetResult();
        await head;
        await Phase.UntilAsync("three attempts", () => grain.Calls.Count >= 4, Token);
        store.LetGo();
        await Phase.OfAsync("appends", Task.WhenAll(kept, refused));

        Assert.Equal(["head", large], await stream.TextsAsync());

        Task<AppendOutcome> Send(AppendRequest request) =>
            reach.AppendAsync(stream.Name, grain, request, request.Events.Sum(payload => payload.Length));
    }

    private void AssertOneStampPerAppend() => Assert.All(
        Grain.Calls.SelectMany(call => call).Where(request => TestData.Text(request.Events[0]) == "kept").Select(request => request.Producer),
        stamp => Assert.Equal(Grain.Calls[1][0].Producer, stamp));

    private void AssertOneTextPerStamp() => Assert.All(
        Grain.Calls.SelectMany(call => call).GroupBy(request => request.Producer!),
        group => Assert.Single(group.Select(request => TestData.Text(request.Events[0])).Distinct()));
}
