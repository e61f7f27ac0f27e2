using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Core.Tests.Limits;

/// <summary>Each named limit at the limit and one above.</summary>
public sealed class LimitTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PendingBytes_OneByteAbove_AreOverloadedUntilTheCommitEnds()
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxPendingAppendBytesPerStream = 1_000 });
        var (stream, inFlight) = await HeldAsync(fixture);
        var atTheLimit = Send(stream, new string('x', 1_000));
        var above = Assert.IsType<AppendOutcome.Unavailable>(await Phase.OfAsync("refused at once", Send(stream, "x")));

        Assert.Equal(UnavailableReason.Overloaded, above.Reason);
        fixture.Store.LetGo();
        Assert.IsType<AppendOutcome.Appended>(await Phase.OfAsync("first", inFlight));
        Assert.IsType<AppendOutcome.Appended>(await Phase.OfAsync("second", atTheLimit));
        await stream.PutAsync("again");
        Assert.Equal(3, (await stream.StateAsync()).RetainedEvents);
    }

    [Fact]
    public async Task PendingAppends_OneAbove_IsOverloaded()
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxPendingAppendsPerStream = 10 });
        var (stream, inFlight) = await HeldAsync(fixture);
        var pending = Enumerable.Range(0, 10).Select(i => Send(stream, $"{i}")).ToArray();
        var above = Assert.IsType<AppendOutcome.Unavailable>(await Phase.OfAsync("refused at once", Send(stream, "x")));

        Assert.Equal(UnavailableReason.Overloaded, above.Reason);
        fixture.Store.LetGo();
        await Phase.OfAsync("all end", Task.WhenAll([inFlight, .. pending]));
        Assert.Equal(11, (await stream.StateAsync()).RetainedEvents);
    }

    [Fact]
    public async Task LoadedStreams_OneAboveWhileAllAreInUse_IsOverloaded()
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxLoadedStreams = 3 });
        for (var i = 0; i < 3; i++)
        {
            await fixture.At($"s{i}").NewAsync();
        }

        var refused = Assert.IsType<CreateOutcome.Unavailable>(
            await fixture.At("above").CreateAsync(new CreateRequest(), Cancellation));
        Assert.Equal(UnavailableReason.Overloaded, refused.Reason);
        await fixture.At("s0").PutAsync("still served");

        fixture.Clock.Advance(TimeSpan.FromSeconds(2));
        await fixture.At("above").NewAsync();
        Assert.InRange(fixture.Directory.LoadedStreams, 1, 3);
    }

    [Fact]
    public async Task Commit_AboveTheStoresBytes_IsCutBetweenAppends()
    {
        const int Largest = 64 * 1024 + 40 + 80 + 1_000;
        await using var fixture = new DirectoryFixture(
            new LocalStreamDirectoryOptions { MaxAppendBytes = 1_000, MaxAppendEvents = 10 },
            new InMemoryLogStoreOptions { MaxCommitBytes = Largest });
        var (stream, inFlight) = await HeldAsync(fixture);
        var pending = Enumerable.Range(0, 5).Select(i => Send(stream, new string((char)('a' + i), 400))).ToArray();
        fixture.Store.LetGo();
        await Phase.OfAsync("all end", Task.WhenAll([inFlight, .. pending]));

        var batch = await stream.BatchAsync((await stream.StateAsync()).Earliest);
        Assert.Equal([1, 2, 2, 1], batch.Slices.Select(slice => slice.Count));
        Assert.Equal("-abcde", string.Concat(batch.Texts().Select(text => text[0])));
    }

    [Fact]
    public async Task Commit_AboveTheStoresProducers_IsCutBetweenAppends()
    {
        await using var fixture = new DirectoryFixture(store: new InMemoryLogStoreOptions { MaxCommitProducers = 4 });
        var (stream, inFlight) = await HeldAsync(fixture);
        var pending = Enumerable.Range(0, 7).Select(i => stream.AppendAsync(
            new AppendRequest { Events = TestData.Payloads($"{i}"), Producer = new ProducerStamp($"p{i}", 0, 0) },
            Cancellation).AsTask()).ToArray();
        fixture.Store.LetGo();
        await Phase.OfAsync("all end", Task.WhenAll([inFlight, .. pending]));

        Assert.All(pending, task => Assert.True(task.IsCompletedSuccessfully));
        var batch = await stream.BatchAsync((await stream.StateAsync()).Earliest);
        Assert.Equal([1, 3, 3, 1], batch.Slices.Select(slice => slice.Count));
    }

    [Theory]
    [InlineData(10, 100, true)]
    [InlineData(11, 100, false)]
    [InlineData(10, 101, false)]
    public async Task Append_AboveItsLimits_IsAMistakeOfTheCaller(int events, int bytes, bool accepted)
    {
        await using var fixture = new DirectoryFixture(new LocalStreamDirectoryOptions { MaxAppendEvents = 10, MaxAppendBytes = 100 });
        var stream = fixture.At("s");
        await stream.NewAsync();
        var payloads = Enumerable.Repeat(TestData.Payload(""), events - 1).Append(TestData.Payload(new string('x', bytes))).ToArray();
        var request = new AppendRequest { Events = payloads };

        if (accepted)
        {
            Assert.IsType<AppendOutcome.Appended>(await stream.SendAsync(request));
        }
        else
        {
            await Assert.ThrowsAsync<ArgumentException>(() => stream.SendAsync(request));
            await Assert.ThrowsAsync<ArgumentException>(
                async () => await fixture.At("t").CreateAsync(new CreateRequest { Events = payloads }, Cancellation));
        }
    }

    [Fact]
    public async Task Append_EventAboveOneMebibyte_IsAMistakeOfTheCaller()
    {
        await using var fixture = new DirectoryFixture();
        var stream = fixture.At("s");
        await stream.NewAsync();

        await Assert.ThrowsAsync<ArgumentException>(
            () => stream.SendAsync(new AppendRequest { Events = [new byte[ProtocolLimits.MaxEventBytes + 1]] }));
        await Assert.ThrowsAsync<ArgumentException>(() => stream.SendAsync(new AppendRequest()));
    }

    [Fact]
    public async Task Start_WithAStoreTooSmallForTheLargestAppend_IsRefused()
    {
        await using var store = new InMemoryLogStore(new InMemoryLogStoreOptions { MaxCommitBytes = 1_000_000 });

        var e = Assert.Throws<ArgumentException>(() => new LocalStreamDirectory(
            store, new LocalStreamDirectoryOptions(), new VirtualTimeProvider(), new Random(1), NullLogger<LocalStreamDirectory>.Instance));
        Assert.Contains("MaxAppendBytes", e.Message, StringComparison.Ordinal);
    }

    private static async Task<(IStreamHandle Stream, Task<AppendOutcome> InFlight)> HeldAsync(DirectoryFixture fixture)
    {
        var stream = fixture.At("s");
        await stream.NewAsync();
        fixture.Store.Hold();
        var inFlight = Send(stream, "-");
        await Phase.UntilAsync("a commit is held", () => fixture.Store.Held == 1, Cancellation);
        return (stream, inFlight);
    }

    private static Task<AppendOutcome> Send(IStreamHandle stream, string text) =>
        stream.AppendAsync(new AppendRequest { Events = TestData.Payloads(text) }, Cancellation).AsTask();
}
