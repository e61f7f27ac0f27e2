using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>
/// An access past the deadline commits the expiry before it answers (rule 9). When the store does not take that commit,
/// the access is answered so, instead of the owner trying for ever. Seed 15 of the simulation found the endless loop.
/// </summary>
public sealed class RefusedExpiryTests : IAsyncDisposable
{
    private readonly DirectoryFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(CommitFault.Full, UnavailableReason.StorageFull)]
    [InlineData(CommitFault.FailBefore, UnavailableReason.Moved)]
    [InlineData(CommitFault.Conflict, UnavailableReason.Moved)]
    public async Task Rule9_ExpiryIsNotTaken_TheAccessIsAnsweredAndTheNextOneEndsTheStream(
        CommitFault fault, UnavailableReason reason)
    {
        var stream = _fixture.At("s");
        await stream.NewAsync(new CreateRequest { TtlSeconds = 10 });
        _fixture.Clock.Advance(TimeSpan.FromSeconds(11));
        _fixture.Store.Probabilities[fault] = 1;

        var refused = await stream.SendAsync(new AppendRequest { Events = TestData.Payloads("late") });

        Assert.Equal(reason, Assert.IsType<AppendOutcome.Unavailable>(refused).Reason);
        _fixture.Store.Probabilities[fault] = 0;
        Assert.IsType<AppendOutcome.NotFound>(
            await stream.SendAsync(new AppendRequest { Events = TestData.Payloads("late") }));
    }
}
