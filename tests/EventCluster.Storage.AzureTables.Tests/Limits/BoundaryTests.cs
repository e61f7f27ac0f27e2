using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.Storage.AzureTables.Tests.Servers;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Limits;

/// <summary>Sizes at and around what the service allows. The emulator refuses entities and requests above them.</summary>
public sealed class BoundaryTests(SharedServer shared) : StoreTest(shared)
{
    private const int Overhead = EventBlock.HeaderBytes + EventBlock.IndexEntryBytes;

    [Theory]
    [InlineData(TableLimits.MaxPropertyBytes - 1, 1)]
    [InlineData(TableLimits.MaxPropertyBytes, 1)]
    [InlineData(TableLimits.MaxPropertyBytes + 1, 1)]
    [InlineData(TableLimits.MaxPartBytes - 1, 1)]
    [InlineData(TableLimits.MaxPartBytes, 1)]
    [InlineData(TableLimits.MaxPartBytes + 1, 2)]
    [InlineData(2 * TableLimits.MaxPartBytes, 2)]
    public async Task Block_AtABoundary_ComesBackByteByByte(int bytes, int parts)
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a", "before");
        var block = BlockOf(bytes, owner.Head.Tail);

        await owner.CommitAsync(owner.Next("x") with { Block = block });
        await owner.AppendAsync("after");

        var read = await owner.ReadAsync(1, 0, 9);
        Assert.Equal(3, read.Count);
        Assert.Equal(block.Encoded, read[1].Encoded);
        Assert.Equal(parts, (await RowsAsync("a")).Count(row => row.StartsWith(RowKeys.OfBlock(1, 2), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(TableLimits.MaxPropertyBytes, 0)]
    [InlineData(TableLimits.MaxPropertyBytes + 1, 1)]
    [InlineData(TableLimits.MaxPartBytes + 1, 2)]
    [InlineData(TableLimits.MaxCommitBytes, 4)]
    public async Task State_AtABoundary_ComesBackAndReplacesTheOneBefore(int bytes, int parts)
    {
        var store = await OpenStoreAsync();
        var owner = await CreateAsync(store, "a");
        foreach (var seed in new[] { 1, 2 })
        {
            await owner.CommitAsync(owner.Next() with { State = TestData.Bytes(seed, bytes) });
            await owner.AppendAsync("x");

            Assert.Equal(TestData.Bytes(seed, bytes), (await store.GetHeadAsync(owner.Name, Cancellation))!.State);
            Assert.Equal(parts, (await RowsAsync("a")).Count(row => row.StartsWith(RowKeys.State, StringComparison.Ordinal)));
        }

        Assert.Equal(TestData.Bytes(2, bytes), (await store.OpenAsync(owner.Name, Cancellation)).Head!.State);
        await owner.CommitAsync(owner.Next() with { Fence = owner.Fence + 1, State = TestData.Payload("small") });
        Assert.Equal("small", TestData.Text((await store.GetHeadAsync(owner.Name, Cancellation))!.State));
        Assert.DoesNotContain(await RowsAsync("a"), row => row.StartsWith(RowKeys.State, StringComparison.Ordinal));
    }

    /// <summary>
    /// Goal: everything at its limit at once fits one transaction. Method: the longest name, the most and longest producers,
    /// the most bytes, over a spilled state that is replaced.
    /// </summary>
    [Theory]
    [InlineData('x')]
    [InlineData('\u00e9')]
    public async Task Commit_WithEverythingAtItsLimit_FitsOneTransaction(char letter)
    {
        var store = await OpenStoreAsync();
        var width = letter < 128 ? 1 : 2;
        var owner = await CreateAsync(store, new string(letter, ProtocolLimits.MaxStreamNameBytes / width));
        await owner.CommitAsync(owner.Next() with { State = new byte[TableLimits.MaxCommitBytes] });
        var id = new string(letter, (ProtocolLimits.MaxProducerIdBytes / width) - 3);
        var producers = Enumerable.Range(0, TableLimits.MaxCommitProducers)
            .Select(i => new ProducerEntry($"{id}{i:000}", ProtocolLimits.MaxProducerNumber, long.MaxValue, long.MaxValue)).ToArray();
        var block = BlockOf(TableLimits.MaxCommitBytes - TableLimits.MaxPropertyBytes - 1, 0);

        await owner.CommitAsync(owner.Next("x") with
        {
            Block = block,
            Producers = producers,
            State = new byte[TableLimits.MaxPropertyBytes + 1],
            Purges = [.. Enumerable.Range(0, 1_000).Select(i => new SequenceRange(2 * i, (2 * i) + 1))],
        });

        Assert.Equal(producers, (await store.OpenAsync(owner.Name, Cancellation)).Producers.OrderBy(it => it.Id, StringComparer.Ordinal));
        Assert.Equal([owner.Name], (await store.ListAsync("", null, 9, Cancellation)).Select(head => head.Name));
    }

    [Fact]
    public void Limits_TogetherFitATransaction()
    {
        const int OldStateParts = (TableLimits.MaxCommitBytes + TableLimits.MaxPartBytes - 1) / TableLimits.MaxPartBytes;
        Assert.True(1 + TableLimits.MaxCommitParts + OldStateParts + TableLimits.MaxCommitProducers <= TableLimits.MaxTransactionEntities);
        Assert.True(TableLimits.MaxPartBytes * 4 / 3 < TableLimits.MaxEntityBytes - (32 * 1024));
        Assert.True(
            EventBlock.EncodedBytes(ProtocolLimits.MaxEventsPerAppend, TableLimits.MaxAppendBytes) + TableLimits.MaxPropertyBytes
            <= TableLimits.MaxCommitBytes);
    }

    [Fact]
    public async Task Names_WithEveryAwkwardCharacter_AreKeptApartAndListedInByteOrder()
    {
        string[] names =
        [
            "#", "%", "%2F", "'", "''", "+", "?", "? and #", "A", "a", "a b", "a'b", "a+b", "a/b", "a?b=c&d", "a|b", "caf\u00e9",
            "cafe\u0301", "\u2800", "\u3000", "\uff41", "\U0001F600",
        ];
        var store = await OpenStoreAsync();
        foreach (var name in names.Reverse())
        {
            await CreateAsync(store, name, name.Replace(' ', '_'));
        }

        var listed = (await store.ListAsync("", null, 100, Cancellation)).Select(head => head.Name.Value);
        Assert.Equal(names.OrderBy(name => name, Comparer<string>.Create(StreamName.CompareUtf8)), listed);
        foreach (var name in names)
        {
            Assert.Equal(name.Replace(' ', '_'), await TextAsync(store, name));
            Assert.Equal(name, NameKey.Decode(NameKey.Encode(name)));
        }
    }

    private static EventBlock BlockOf(int bytes, long first) =>
        EventBlock.Encode(1, first, [TestData.Bytes(bytes, bytes - Overhead)], [TestData.BaseTime]);
}
