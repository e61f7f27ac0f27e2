using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>A repeated attempt on a stream that was closed meanwhile: the owner knows whether the earlier attempt landed, so nothing stays unknown.</summary>
public sealed class AppendLaneClosedTests : LaneTest
{
    [Fact]
    public async Task Append_LandedBeforeTheClose_IsAppendedOnce()
    {
        Grain.Script(async requests => await LoseAsync(() => Grain.ApplyAsync(requests), Stream.CloseAsync));

        var appended = Assert.IsType<AppendOutcome.Appended>(await SendAsync("a"));

        Assert.True(appended.Closed);
        Assert.Equal(["a"], await Stream.TextsAsync());
    }

    [Fact]
    public async Task Append_DidNotLandBeforeTheClose_IsRefusedAsClosed()
    {
        Grain.Script(async _ => await LoseAsync(Stream.CloseAsync));

        var refused = Assert.IsType<AppendOutcome.RefusedClosed>(await SendAsync("a"));

        Assert.False(refused.WasAccepted);
        Assert.Empty(await Stream.TextsAsync());
    }

    [Fact]
    public async Task AppendThatCloses_LandedOrNot_IsToldApart()
    {
        var closing = Plain("a") with { Close = true };
        Grain.Script(async requests => await LoseAsync(() => Grain.ApplyAsync(requests)));

        Assert.True(Assert.IsType<AppendOutcome.Appended>(await SendAsync(closing)).Closed);
        Grain.Script(_ => throw new TimeoutException());
        Assert.IsType<AppendOutcome.RefusedClosed>(await SendAsync(closing));

        Assert.Equal(["a"], await Stream.TextsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Close_LandedOrNot_EndsClosed(bool hasLanded)
    {
        Grain.Script(async requests => await LoseAsync(hasLanded ? () => Grain.ApplyAsync(requests) : Stream.CloseAsync));

        Assert.True(Assert.IsType<AppendOutcome.Appended>(await SendAsync(new AppendRequest { Events = [], Close = true })).Closed);
    }

    [Theory]
    [InlineData(true, typeof(AppendOutcome.Appended))]
    [InlineData(false, typeof(AppendOutcome.RefusedClosed))]
    public async Task ClientsOwnIdentity_LandedOrNot_IsToldApart(bool hasLanded, Type expected)
    {
        Grain.Script(async requests => await LoseAsync(hasLanded ? () => Grain.ApplyAsync(requests) : NothingAsync, Stream.CloseAsync));

        Assert.IsType(expected, await SendAsync(Plain("a") with { Producer = new ProducerStamp("p", 0, 0) }));

        Assert.Equal(hasLanded ? ["a"] : [], await Stream.TextsAsync());
    }

    [Fact]
    public async Task ClientsOwnRetry_OfAnAppendBeforeTheClose_IsRefusedAsTheProtocolSays()
    {
        var request = Plain("a") with { Producer = new ProducerStamp("p", 0, 0) };
        Assert.IsType<AppendOutcome.Appended>(await SendAsync(request));
        await Stream.CloseAsync();

        Assert.IsType<AppendOutcome.RefusedClosed>(await SendAsync(request));
    }

    private static Task NothingAsync() => Task.CompletedTask;

    /// <summary>What happens is done, and its answer is lost.</summary>
    private static async Task<AppendOutcome[]> LoseAsync(params Func<Task>[] steps)
    {
        foreach (var step in steps)
        {
            await step();
        }

        throw new TimeoutException();
    }
}
