using EventCluster.Abstractions.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>CORRECTNESS rule 10: a torn tail is cut, everything else is damage and reported.</summary>
public sealed class TornTailTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Open_AfterKill_KeepsEveryAcknowledgedEvent()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1 2", "3");
        await _fixture.CreateAsync("b", "x");

        await _fixture.CrashAndOpenAsync();

        Assert.Equal("1 2 3", await _fixture.TextAsync("a"));
        Assert.Equal("x", await _fixture.TextAsync("b"));
    }

    [Fact]
    public async Task Open_AfterKill_KeepsEveryPartOfTheHead()
    {
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "1");
        await owner.CommitAsync(owner.Next("2") with
        {
            State = TestData.Payload("state 2"),
            Producers = [new ProducerEntry("p", 1, 2, 3), new ProducerEntry("q", 4, 5, 6)],
        });
        await owner.CommitAsync(owner.Next("3") with { RemovedProducers = ["q"], CommitId = 77 });
        var before = await _fixture.Store.GetHeadAsync(owner.Name, CancellationToken.None);

        await _fixture.CrashAndOpenAsync();

        var opened = await _fixture.Store.OpenAsync(owner.Name, CancellationToken.None);
        Assert.Equal("state 2", TestData.Text(opened.Head!.State));
        Assert.Equal(before! with { Fence = 0, State = default }, opened.Head with { Fence = 0, State = default });
        Assert.Equal(new ProducerEntry("p", 1, 2, 3), Assert.Single(opened.Producers));
    }

    [Fact]
    public async Task Open_LastGroupTornBeforeASeal_DropsTheWholeGroup()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "first", "second");
        var (path, offset) = await _fixture.FindAsync("second");

        _fixture.Disk.Rot(path, offset);
        await _fixture.KillAndOpenAsync();

        Assert.Equal("first", await _fixture.TextAsync("a"));
    }

    [Fact]
    public async Task Open_DamageBeforeAFlushedGroup_RefusesAndNamesStreamAndSequences()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("orders", "first", "second", "third", "fourth");
        await _fixture.CreateAsync("fine", "x");
        var (path, offset) = await _fixture.FindAsync("second");

        _fixture.Disk.Rot(path, offset);
        var exception = await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.KillAndOpenAsync());

        Assert.Contains("stream 'orders' sequences [1, 2)", exception.Message, StringComparison.Ordinal);
        Assert.Contains("--salvage", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("fine", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public async Task Open_LastGroupDamagedBehindASeal_RefusesInsteadOfCutting()
    {
        await _fixture.OpenAsync(StoreFixture.Options(sealAfter: TimeSpan.FromMilliseconds(1)));
        await _fixture.CreateAsync("a", "first", "second");
        var (path, offset) = await _fixture.FindAsync("second");
        await SealedAsync(path, offset);

        _fixture.Disk.Rot(path, offset);

        await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.KillAndOpenAsync());
    }

    [Fact]
    public async Task Open_LastGroupDamagedAfterACleanStop_RefusesInsteadOfCutting()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "first", "second");
        var (path, offset) = await _fixture.FindAsync("second");
        await _fixture.Store.DisposeAsync();

        _fixture.Disk.Rot(path, offset);

        await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(33)]
    public async Task Open_SegmentHeaderDamaged_Refuses(int offset)
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "first", "second");
        await _fixture.Store.DisposeAsync();

        _fixture.Disk.Rot((await _fixture.FilesAsync("segment-"))[0], offset);

        await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());
    }

    [Fact]
    public async Task Open_SegmentInTheMiddleIsGone_Refuses()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "first");
        await _fixture.ReopenAsync();
        var owner = await _fixture.OwnAsync("a");
        await owner.AppendAsync("second");
        await _fixture.ReopenAsync();
        await _fixture.Store.DisposeAsync();
        var (path, _) = await _fixture.FindAsync("second");

        await _fixture.Disk.DeleteAsync(path);

        await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());
    }

    [Fact]
    public async Task Read_BlockRottedWhileOpen_NamesStreamAndSequences()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "first", "second", "third");
        var (path, offset) = await _fixture.FindAsync("second");

        _fixture.Disk.Rot(path, offset);
        var exception = await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.TextAsync("a"));

        Assert.Contains("Stream 'a', sequences [1, 2)", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_UnacknowledgedGroupLosesPagesInAnyOrder_NeverServesPartOfIt()
    {
        // Goal: whatever pages of an unflushed group survive, all of it or nothing is there. Method: the flush of a group
        // of several pages fails, which loses pages by chance; then the power goes.
        for (var seed = 0; seed < 40; seed++)
        {
            await using var fixture = new StoreFixture(seed);
            await fixture.OpenAsync();
            var owner = await fixture.CreateAsync("a", "first");
            fixture.Disk.FailNextFlushes(1);
            var events = Enumerable.Range(0, 12).Select(i => new string((char)('a' + i), 1500)).ToArray();
            await Assert.ThrowsAnyAsync<IOException>(() => owner.AppendAsync(events));

            await fixture.CrashAndOpenAsync();

            var text = await fixture.TextAsync("a");
            Assert.True(text == "first" || text == $"first {string.Join(' ', events)}", $"seed {seed}: {text.Length} bytes");
            await (await fixture.OwnAsync("a")).AppendAsync("next");
            Assert.EndsWith(" next", await fixture.TextAsync("a"), StringComparison.Ordinal);
        }
    }

    private Task<int> SealedAsync(string path, int offset)
    {
        return Phase.UntilAsync(
            "seal",
            "a group header behind the last record",
            () => _fixture.Disk.ReadAllBytes(path).AsSpan(offset).IndexOf("ECGR"u8),
            at => at >= 0,
            TestContext.Current.CancellationToken);
    }
}
