using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Salvage;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests;

/// <summary>Backup, restore and salvage: no position of a lost history is ever served by another one.</summary>
public sealed class CopyTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Backup_WhileCommitsGoOn_IsAConsistentState()
    {
        await _fixture.OpenAsync();
        var owners = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _fixture.CreateAsync($"s{i}", "0")));
        using var stop = new CancellationTokenSource();
        var writers = owners.Select(owner => Task.Run(
            async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    await owner.AppendAsync($"{owner.Head.Tail}");
                }
            },
            Cancellation)).ToArray();
        await Phase.UntilAsync("commits", () => owners.All(owner => owner.Head.Tail > 50), Cancellation);
        var before = owners.Select(owner => owner.Head.Tail).ToArray();

        await _fixture.Store.BackupAsync("/backup", Cancellation);
        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await _fixture.Store.DisposeAsync();
        _fixture.Disk.Crash();
        await _fixture.OpenAsync(StoreFixture.Options("/backup", restored: true));

        for (var i = 0; i < owners.Length; i++)
        {
            var events = (await _fixture.TextAsync($"s{i}")).Split(' ');
            Assert.Equal(Enumerable.Range(0, events.Length).Select(n => $"{n}"), events);
            Assert.InRange(events.Length, before[i], owners[i].Head.Tail);
        }
    }

    [Fact]
    public async Task Open_Backup_IsRefusedWithoutRestored()
    {
        await _fixture.OpenAsync();
        await _fixture.Store.BackupAsync("/backup", Cancellation);
        await _fixture.Store.DisposeAsync();

        var exception = await Assert.ThrowsAsync<DataDirectoryUnusableException>(
            () => _fixture.OpenAsync(StoreFixture.Options("/backup")));

        Assert.Contains("--restored", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_TargetNotEmpty_IsRefused()
    {
        await _fixture.OpenAsync();
        _fixture.Disk.WriteAllBytes("/backup/file", [1]);

        await Assert.ThrowsAsync<DataDirectoryUnusableException>(() => _fixture.Store.BackupAsync("/backup", Cancellation));
    }

    [Fact]
    public async Task Restore_OlderBackup_NoLaterIncarnationIsEverDrawnAgain()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1 2");
        await _fixture.Store.BackupAsync("/backup", Cancellation);
        var lost = await _fixture.Store.DrawIncarnationAsync(Cancellation);
        var later = await _fixture.OwnAsync("later");
        await later.CommitAsync(later.Create(lost, "in clients' hands"));
        await _fixture.Store.DisposeAsync();

        await _fixture.OpenAsync(StoreFixture.Options("/backup", restored: true));
        var head = await _fixture.Store.GetHeadAsync(TestData.Name("a"), Cancellation);
        await _fixture.ReopenAsync(StoreFixture.Options("/backup"));

        Assert.Equal(2, head!.Incarnations.Latest.FirstSequence);
        Assert.True(head.Incarnations.Latest.Incarnation > lost);
        Assert.True(await _fixture.Store.DrawIncarnationAsync(Cancellation) > head.Incarnations.Latest.Incarnation);
        Assert.Equal(head.Incarnations, (await _fixture.Store.GetHeadAsync(TestData.Name("a"), Cancellation))!.Incarnations);
        Assert.Equal("1 2", await _fixture.TextAsync("a"));
        Assert.Equal("none", await _fixture.TextAsync("later"));
    }

    [Fact]
    public async Task Salvage_HealthyStore_CopiesEverythingUnderNewHistories()
    {
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "1 2", "3");
        await owner.CommitAsync(owner.Next("4") with { Producers = [new ProducerEntry("p", 1, 2, 3)] });
        await _fixture.CreateAsync("empty");
        await (await _fixture.CreateAsync("gone", "x")).RemoveAsync();
        await _fixture.Store.DisposeAsync();

        var report = await SalvageAsync();
        await _fixture.OpenAsync(StoreFixture.Options("/salvaged"));

        Assert.Empty(report.Losses);
        Assert.Equal((2, 4L), (report.Streams, report.Events));
        Assert.Equal("1 2 3 4", await _fixture.TextAsync("a"));
        Assert.Equal("none", await _fixture.TextAsync("gone"));
        var opened = await _fixture.Store.OpenAsync(owner.Name, Cancellation);
        Assert.Equal(new ProducerEntry("p", 1, 2, 3), Assert.Single(opened.Producers));
        Assert.Equal("state of a", TestData.Text(opened.Head!.State));
        Assert.Equal((1, 0), (opened.Head.Incarnations[0].Incarnation, opened.Head.Incarnations[0].FirstSequence));
        Assert.Equal(4, opened.Head.Incarnations.Latest.FirstSequence);
    }

    [Theory]
    [InlineData("one", "four", 0, 1)]
    [InlineData("two", "three four", 1, 2)]
    [InlineData("three", "four", 2, 3)]
    public async Task Salvage_DamagedBlock_ServesWhatFollowsAndReportsTheLoss(
        string damaged, string served, long from, long to)
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("fine", "x y");
        await _fixture.CreateAsync("a", "one", "two", "three", "four");
        await _fixture.Store.DisposeAsync();
        var (path, offset) = await _fixture.FindAsync(damaged);
        _fixture.Disk.Rot(path, offset);
        await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());

        var report = await SalvageAsync();
        await _fixture.OpenAsync(StoreFixture.Options("/salvaged"));

        Assert.Contains(new SalvageLoss("a", from, to, "unreadable"), report.Losses);
        Assert.Equal(from == 0 ? 1 : 2, report.Losses.Count);
        Assert.All(report.Losses, loss => Assert.Equal("a", loss.Stream));
        Assert.Equal(to, report.Losses.Sum(loss => loss.To - loss.From));
        Assert.EndsWith(served, await _fixture.TextAsync("a"), StringComparison.Ordinal);
        Assert.DoesNotContain(damaged, await _fixture.TextAsync("a"), StringComparison.Ordinal);
        Assert.Equal("x y", await _fixture.TextAsync("fine"));
        var head = await _fixture.Store.GetHeadAsync(TestData.Name("a"), Cancellation);
        Assert.Equal((to, 4L), (head!.Head.Earliest, head.Head.Tail));
        Assert.Equal(4, head.Incarnations.Latest.FirstSequence);
    }

    [Fact]
    public async Task Salvage_LastBlocksLost_OpensTheNewHistoryWhereTheReadableOnesEnd()
    {
        await _fixture.OpenAsync(StoreFixture.Options(checkpointEveryBytes: 4096));
        await _fixture.CreateAsync("a", "one", "two", "three");
        await _fixture.CreateAsync("filler", new string('x', 5000), new string('y', 5000));
        await Phase.UntilAsync(
            "checkpoint",
            () => _fixture.Disk.ListNow(StoreFixture.Data).Any(name => name.EndsWith(".dat", StringComparison.Ordinal)),
            Cancellation);
        await _fixture.Store.DisposeAsync();
        var (path, offset) = await _fixture.FindAsync("three");
        _fixture.Disk.Rot(path, offset);

        var report = await SalvageAsync();
        await _fixture.OpenAsync(StoreFixture.Options("/salvaged"));

        Assert.Equal(("a", 2L, 3L), Assert.Single(report.Losses.Select(loss => (loss.Stream, loss.From, loss.To))));
        Assert.Equal("one two", await _fixture.TextAsync("a"));
        Assert.Equal(2, (await _fixture.OwnAsync("a")).Incarnations!.Latest.FirstSequence);
    }

    [Fact]
    public void Loss_InWords_SaysThatItsRangeIsHalfOpen()
    {
        Assert.Equal("a: sequences [0, 2), 2 events: unreadable", new SalvageLoss("a", 0, 2, "unreadable").ToString());
        Assert.Equal("a: sequences [4, 5), 1 event: unreadable", new SalvageLoss("a", 4, 5, "unreadable").ToString());
        Assert.Equal("a: gone", new SalvageLoss("a", 0, 0, "gone").ToString());
    }

    [Fact]
    public async Task Salvage_WithoutFormatFile_StillReads()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "one");
        await _fixture.Store.DisposeAsync();
        await _fixture.Disk.DeleteAsync("/data/format.json");

        await SalvageAsync();
        await _fixture.OpenAsync(StoreFixture.Options("/salvaged"));

        Assert.Equal("one", await _fixture.TextAsync("a"));
    }

    private Task<SalvageReport> SalvageAsync() => LocalDiskSalvage.RunAsync(
        StoreFixture.Data,
        "/salvaged",
        _fixture.Disk.Attach(),
        new ForkStates(),
        TimeProvider.System,
        NullLogger<LocalDiskLogStore>.Instance,
        Cancellation);
}
