using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Maintenance;

/// <summary>CORRECTNESS rule 12: checkpoints, and compaction that neither loses nor resurrects nor disturbs readers.</summary>
public sealed class CompactionTests : IAsyncDisposable
{
    private static readonly string Filler = new('x', 4000);

    private readonly StoreFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Checkpoint_Written_ReplayBeginsThereAndNothingIsLost()
    {
        var options = StoreFixture.Options(checkpointEveryBytes: 20_000);
        await _fixture.OpenAsync(options);
        await _fixture.CreateAsync("a", "1");
        var owner = await _fixture.CreateAsync("big");
        for (var i = 0; i < 40; i++)
        {
            await owner.AppendAsync(Filler);
        }

        await CheckpointsAsync(1);
        await _fixture.CrashAndOpenAsync(options);

        Assert.Equal("1", await _fixture.TextAsync("a"));
        Assert.Equal(40, (await _fixture.Store.ListBlocksAsync(owner.Name, 0, 100, Cancellation)).Count);
    }

    [Fact]
    public async Task Checkpoint_NewestDamaged_TheOneBeforeAndALongerScanGiveTheSame()
    {
        var options = StoreFixture.Options(checkpointEveryBytes: 20_000);
        await _fixture.OpenAsync(options);
        await _fixture.CreateAsync("a", "1", "2");
        var owner = await _fixture.CreateAsync("big");
        await FillAsync(owner, until: async () => (await _fixture.FilesAsync("checkpoint-")).Length == 2);
        var tail = owner.Head.Tail;
        _fixture.Disk.KillProcess();
        await _fixture.AbandonAsync();

        _fixture.Disk.Rot((await _fixture.FilesAsync("checkpoint-"))[^1], 30);
        await _fixture.OpenAsync(options);

        Assert.Equal("1 2", await _fixture.TextAsync("a"));
        Assert.Equal(tail, (await _fixture.OwnAsync("big")).Head.Tail);
    }

    [Fact]
    public async Task Compaction_TrimmedStream_GivesSegmentsFreeAndKeepsTheRest()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("kept", "1 2", "3");
        await TrimAllAsync("big", 100);

        await Phase.UntilAsync("compaction", () => Segments() <= 5, Cancellation);

        Assert.Equal("1 2 3", await _fixture.TextAsync("kept"));
        await _fixture.CrashAndOpenAsync();
        Assert.Equal("1 2 3", await _fixture.TextAsync("kept"));
        Assert.Equal("", await _fixture.TextAsync("big"));
    }

    [Fact]
    public async Task Compaction_StreamDeletedAndMadeAgain_TheOldOneNeverReturns()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("kept", "1");
        var owner = await _fixture.CreateAsync("a", "old");
        await TrimAllAsync("big", 30);
        await owner.RemoveAsync();
        await _fixture.CreateAsync("a", "new");
        await TrimAllAsync("big2", 60);
        await Phase.UntilAsync("compaction", () => Segments() <= 5, Cancellation);

        await _fixture.CrashAndOpenAsync();
        Assert.Equal("new", await _fixture.TextAsync("a"));
        await RemoveCheckpointsAsync();

        // Without checkpoints the beginning of the journal is missing: refused, never guessed.
        await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());
    }

    [Fact]
    public async Task Read_WhileItsSegmentIsCompacted_IsNotDisturbed()
    {
        await _fixture.OpenAsync();
        var kept = await _fixture.CreateAsync("kept", "1", "2", "3");
        var reads = Task.Run(
            async () =>
            {
                for (var i = 0; i < 2000; i++)
                {
                    Assert.Equal("1 2 3", await _fixture.TextAsync("kept"));
                }
            },
            Cancellation);
        await TrimAllAsync("big", 200);
        await reads;

        Assert.Equal(3, kept.Head.Tail);
    }

    [Fact]
    public async Task Compaction_CrashedAnywhere_LosesNothing()
    {
        for (var seed = 0; seed < 15; seed++)
        {
            await using var fixture = new StoreFixture(seed);
            var options = StoreFixture.Options(checkpointEveryBytes: 30_000);
            await fixture.OpenAsync(options);
            await fixture.CreateAsync("kept", "1", "2");
            var owner = await fixture.CreateAsync("big");
            for (var i = 0; i < 30 + (seed * 5); i++)
            {
                await owner.AppendAsync(Filler);
                await owner.CommitAsync(owner.Next() with { Purges = [new SequenceRange(0, owner.Head.Tail - 1)] });
            }

            await fixture.CrashAndOpenAsync(options);

            Assert.Equal("1 2", await fixture.TextAsync("kept"));
            var blocks = await fixture.Store.ReadAsync(
                new BlockRange(owner.Name, 1, owner.Head.Tail - 1, owner.Head.Tail), 1, Cancellation);
            Assert.Equal(Filler, TestData.Texts(Assert.Single(blocks)).Single());
        }
    }

    [Fact]
    public async Task Compaction_DamagedLiveBlock_KeepsTheSegmentAndGoesOn()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("damaged", "precious");
        var (path, offset) = await _fixture.FindAsync("precious");
        _fixture.Disk.Rot(path, offset);

        await TrimAllAsync("big", 100);
        await Phase.UntilAsync("compaction", () => Segments() <= 6, Cancellation);

        Assert.Contains(path, await _fixture.FilesAsync("segment-"));
        await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.TextAsync("damaged"));
    }

    [Fact]
    public async Task Open_ManyRestarts_DoNotPileUpSegments()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "0");
        for (var i = 1; i < 60; i++)
        {
            var owner = await _fixture.OwnAsync("a");
            await owner.AppendAsync($"{i}");
            await _fixture.CrashAndOpenAsync();
        }

        await TrimAllAsync("big", 40);
        await Phase.UntilAsync("merge", () => Segments() <= 25, Cancellation);
        await _fixture.CrashAndOpenAsync();

        Assert.Equal(string.Join(' ', Enumerable.Range(0, 60)), await _fixture.TextAsync("a"));
    }

    /// <summary>Appends blocks that are purged at once.</summary>
    private async Task TrimAllAsync(string name, int blocks)
    {
        var owner = await _fixture.CreateAsync(name);
        for (var i = 0; i < blocks; i++)
        {
            await owner.AppendAsync(Filler);
            await owner.CommitAsync(owner.Next() with
            {
                Head = owner.Head with { Earliest = owner.Head.Tail, RetainedBytes = 0 },
                Purges = [new SequenceRange(0, owner.Head.Tail)],
            });
        }
    }

    private static async Task FillAsync(LogStoreOwner owner, Func<Task<bool>> until)
    {
        for (var i = 0; !await until(); i++)
        {
            Assert.True(i < 10_000, "The store never wrote its checkpoints.");
            await owner.AppendAsync(Filler);
        }
    }

    private Task CheckpointsAsync(int count) => Phase.UntilAsync(
        "checkpoint",
        () => _fixture.Disk.ListNow(StoreFixture.Data).Count(name => name.EndsWith(".dat", StringComparison.Ordinal)) >= count,
        Cancellation);

    private int Segments() =>
        _fixture.Disk.ListNow(StoreFixture.Data).Count(name => name.StartsWith("segment-", StringComparison.Ordinal));

    private async Task RemoveCheckpointsAsync()
    {
        _fixture.Disk.KillProcess();
        await _fixture.AbandonAsync();
        foreach (var path in await _fixture.FilesAsync("checkpoint-"))
        {
            await _fixture.Disk.DeleteAsync(path);
        }
    }
}
