using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Core.InMemory;
using EventCluster.Storage.PostgreSql.Import;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Import;

/// <summary>Copies of streams of another store: whole, with their numbers, resumable, and never over something else.</summary>
public sealed class ImportTests(SharedServer shared) : StoreTest(shared)
{
    private readonly InMemoryLogStore _source = new(new InMemoryLogStoreOptions());
    private readonly ImportProgress _progress = new();

    [Fact]
    public async Task Import_StreamWithHistoriesHolesAndProducers_IsWholeUnderANewHistoryAtItsTail()
    {
        var target = await OpenStoreAsync();
        var owner = await CreateAsync(_source, "a", "1 2", "3", "4", "5 6");
        await owner.StartHistoryAsync(700);
        await owner.AppendAsync("7");
        await owner.CommitAsync(owner.Next() with
        {
            Producers = [new ProducerEntry("p", 1, 2, 3), new ProducerEntry("q", 4, 5, 6)],
            Purges = [new SequenceRange(2, 4)],
            Head = owner.Head with { Earliest = 4, DueAtMilliseconds = 99 },
            State = TestData.Payload("its state"),
        });
        var head = (await _source.GetHeadAsync(owner.Name, Cancellation))!;

        Assert.Equal(ImportOutcome.Imported, await ImportAsync(target, "a"));

        var opened = await target.OpenAsync(owner.Name, Cancellation);
        Assert.Equal((head.Head, "its state"), (opened.Head!.Head, TestData.Text(opened.Head.State)));
        Assert.Equal(head.Incarnations, new IncarnationList([.. opened.Head.Incarnations.SkipLast(1)]));
        Assert.Equal(head.Head.Tail, opened.Head.Incarnations.Latest.FirstSequence);
        Assert.True(opened.Head.Incarnations.Latest.Incarnation > 700);
        Assert.Equal(
            [new ProducerEntry("p", 1, 2, 3), new ProducerEntry("q", 4, 5, 6)],
            opened.Producers.OrderBy(producer => producer.Id, StringComparer.Ordinal));
        Assert.Equal(
            await _source.ListBlocksAsync(owner.Name, 0, 100, Cancellation),
            await target.ListBlocksAsync(owner.Name, 0, 100, Cancellation));
        Assert.Equal((1, 5), (_progress.Streams, _progress.Events));
        var next = await LogStoreOwner.OpenAsync(target, "a", Cancellation);
        await next.AppendAsync("8");
        Assert.Equal(["8"], (await next.ReadAsync(next.Incarnations!.Latest.Incarnation, 7, 9)).SelectMany(TestData.Texts));
    }

    [Fact]
    public async Task Import_BrokenOffAnywhere_GoesOnAndShowsNothingBefore()
    {
        const int Blocks = 1_500;
        var target = await OpenStoreAsync();
        await CreateAsync(_source, "a", [.. Enumerable.Range(0, Blocks).Select(i => $"{i}")]);
        var expected = string.Join(' ', Enumerable.Range(0, Blocks));
        for (var reads = 0; reads < 2; reads++)
        {
            var breaking = new BreakingLogStore(_source, reads);
            var head = (await _source.GetHeadAsync(TestData.Name("a"), Cancellation))!;
            await Assert.ThrowsAsync<IOException>(() => target.ImportAsync(breaking, head, _progress, Cancellation));
            Assert.Null(await target.GetHeadAsync(head.Name, Cancellation));
            Assert.Empty(await target.ListAsync("", after: null, limit: 9, Cancellation));
        }

        Assert.Equal(ImportOutcome.Imported, await ImportAsync(target, "a"));
        Assert.Equal(expected, await TextAsync(target, "a"));
        Assert.Equal((1, Blocks), (_progress.Streams, _progress.Events));
    }

    [Fact]
    public async Task Import_Again_IsDoneAlreadyUnlessTheSourceWentOn()
    {
        var target = await OpenStoreAsync();
        await CreateAsync(_source, "a", "1");
        await ImportAsync(target, "a");

        Assert.Equal(ImportOutcome.AlreadyImported, await ImportAsync(target, "a"));
        var owner = await LogStoreOwner.OpenAsync(_source, "a", Cancellation);
        await owner.AppendAsync("2");
        Assert.Equal(ImportOutcome.SourceChanged, await ImportAsync(target, "a"));
        Assert.Equal("1", await TextAsync(target, "a"));
    }

    [Fact]
    public async Task Import_SourceWentOnAfterABreak_BeginsAnewAndSweepsTheRest()
    {
        var target = await OpenStoreAsync();
        var owner = await CreateAsync(_source, "a", [.. Enumerable.Range(0, 1_100).Select(i => $"{i}")]);
        var breaking = new BreakingLogStore(_source, reads: 1);
        await Assert.ThrowsAsync<IOException>(
            async () => await target.ImportAsync(breaking, (await _source.GetHeadAsync(owner.Name, Cancellation))!, _progress, Cancellation));
        await owner.AppendAsync("more");

        Assert.Equal(ImportOutcome.Imported, await ImportAsync(target, "a"));

        Assert.EndsWith("1099 more", await TextAsync(target, "a"), StringComparison.Ordinal);
        await CountBecomesAsync("what was staged first is gone", 1_101, "SELECT count(*) FROM $S.blocks");
    }

    [Fact]
    public async Task Import_NameInUse_TouchesNothing()
    {
        var target = await OpenStoreAsync();
        await CreateAsync(_source, "a", "source");
        await CreateAsync(target, "a", "target");

        Assert.Equal(ImportOutcome.NameTaken, await ImportAsync(target, "a"));
        Assert.Equal("target", await TextAsync(target, "a"));
    }

    private async Task<ImportOutcome> ImportAsync(PostgreSqlLogStore target, string name) => await target.ImportAsync(
        _source, (await _source.GetHeadAsync(TestData.Name(name), Cancellation))!, _progress, Cancellation);
}
