using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Core.InMemory;
using Xunit;

namespace EventCluster.Core.Tests.InMemory;

public sealed class InMemoryLogStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_UnderAForgottenFence_IsConflictAndANewOpenHelps()
    {
        await using var store = new InMemoryLogStore(new InMemoryLogStoreOptions { MaxRememberedFences = 2 });
        var owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        await LogStoreOwner.OpenAsync(store, "b", Cancellation);
        await LogStoreOwner.OpenAsync(store, "c", Cancellation);

        Assert.Equal(CommitStatus.Conflict, await owner.SendAsync(owner.Next("x")));

        owner = await LogStoreOwner.OpenAsync(store, "a", Cancellation);
        Assert.Equal(CommitStatus.Committed, await owner.SendAsync(owner.Next("x")));
    }

    [Fact]
    public async Task Open_AfterDispose_Throws()
    {
        var store = new InMemoryLogStore(new InMemoryLogStoreOptions());
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => LogStoreOwner.OpenAsync(store, "a", Cancellation));
    }

    [Fact]
    public void Durability_IsMemory()
    {
        Assert.Equal(Durability.Memory, new InMemoryLogStore(new InMemoryLogStoreOptions()).Durability);
    }
}
