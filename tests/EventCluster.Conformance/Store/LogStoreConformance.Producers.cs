using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using Xunit;

namespace EventCluster.Conformance.Store;

public abstract partial class LogStoreConformance
{
    [Fact]
    public async Task Producers_InsertReplaceAndRemove_AreWhatOpenReturns()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        ProducerEntry first = new("first", 0, 0, 1), second = new("second", 0, 5, 2), third = new("third", 3, 0, 3);

        await owner.CommitAsync(owner.Next("x") with { Producers = [first, second] });
        await owner.CommitAsync(owner.Next("y") with { Producers = [second with { Epoch = 1, Sequence = 0 }, third] });
        await owner.CommitAsync(owner.Next() with { RemovedProducers = ["first", "never known"] });
        await owner.AppendAsync("z");

        ProducerEntry[] expected = [second with { Epoch = 1, Sequence = 0 }, third];
        Assert.Equal(expected, await ProducersAsync(store, owner.Name));
        store = await ReopenAsync(store);
        Assert.Equal(expected, await ProducersAsync(store, owner.Name));
    }

    [Fact]
    public async Task Producers_WithLargestIdsAndNumbers_AreKeptExactly()
    {
        var store = await OpenAsync();
        var owner = await CreateAsync(store, "a");
        ProducerEntry[] entries =
        [
            new(new string('p', ProtocolLimits.MaxProducerIdBytes), ProtocolLimits.MaxProducerNumber, 0, long.MaxValue),
            new("\U0001F600 ", 0, ProtocolLimits.MaxProducerNumber, 0),
        ];

        await owner.CommitAsync(owner.Next("x") with { Producers = entries });

        Assert.Equal(entries, await ProducersAsync(store, owner.Name));
        store = await ReopenAsync(store);
        Assert.Equal(entries, await ProducersAsync(store, owner.Name));
    }

    [Fact]
    public async Task Producers_OfOneStream_AreNotAnothers()
    {
        var store = await OpenAsync();
        var a = await CreateAsync(store, "a");
        var b = await CreateAsync(store, "b");

        await a.CommitAsync(a.Next("x") with { Producers = [new ProducerEntry("p", 1, 1, 1)] });
        await b.CommitAsync(b.Next("x") with { Producers = [new ProducerEntry("p", 2, 2, 2)] });
        await a.CommitAsync(a.Next("x") with { RemovedProducers = ["p"] });

        Assert.Empty(await ProducersAsync(store, a.Name));
        Assert.Equal([new ProducerEntry("p", 2, 2, 2)], await ProducersAsync(store, b.Name));
    }

    private static async Task<ProducerEntry[]> ProducersAsync(ILogStore store, StreamName name) =>
        [.. (await store.OpenAsync(name, Cancellation)).Producers.OrderBy(p => p.Id, StringComparer.Ordinal)];
}
