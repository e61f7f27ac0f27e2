using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>The end record: when it is written, which of its slots counts, and what a start does with files it does not list.</summary>
public sealed class EndOfJournalTests : IAsyncDisposable
{
    private const string EndPath = "/data/end.dat";

    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Stop_Orderly_BothSlotsNameTheEnd()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1", "2");
        await _fixture.Store.DisposeAsync();

        var (first, second) = Slots();

        Assert.Equal(first!.End, second!.End);
        Assert.Equal(1, Math.Abs(first.Counter - second.Counter));
        Assert.Equal(_fixture.Disk.ReadAllBytes("/data/segment-0000000001.log").Length, (int)first.End.Offset);
        Assert.Equal([new ListedFile(1, first.End.Offset)], first.Segments);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Open_OneSlotDamaged_Starts(int slot)
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1", "2");
        await _fixture.Store.DisposeAsync();

        _fixture.Disk.Rot(EndPath, (slot * EndRecord.SlotBytes) + 50);
        await _fixture.OpenAsync();

        Assert.Equal("1 2", await _fixture.TextAsync("a"));
    }

    [Fact]
    public async Task Open_BothSlotsDamaged_IsRefused()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1", "2");
        await _fixture.Store.DisposeAsync();

        _fixture.Disk.Rot(EndPath, 50);
        _fixture.Disk.Rot(EndPath, EndRecord.SlotBytes + 50);

        var exception = await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());
        Assert.Contains(EndPath, exception.Message, StringComparison.Ordinal);
        Assert.Contains("--salvage", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Open_FormatFileAndNothingElse_IsRefused(int format)
    {
        await new FormatFile(format, 42, DateTimeOffset.UnixEpoch, Copy: false).WriteAsync(_fixture.Disk.Attach(), "/data");

        var exception = await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());

        Assert.Contains("/data", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_UnderLoad_RecordsAtMostOnceASecondAndOnceMoreWhenIdle()
    {
        // Goal: the record costs an append nothing. Method: a virtual clock, 20 appends a second for ten seconds.
        var clock = new VirtualTimeProvider();
        var scheduler = new DeterministicTaskScheduler(new Random(1));
        var disk = new TestKit.Disk.SimulatedDisk(new Random(2), clock);
        LocalDiskLogStore? store = null;
        scheduler.RunToEnd(
            async () =>
            {
                store = await LocalDiskLogStore.OpenAsync(
                    new LocalDiskOptions { Path = "/data", SegmentBytes = 256 * 1024, Scheduler = scheduler, NewStoreId = 42 },
                    disk.Attach(),
                    clock,
                    Microsoft.Extensions.Logging.Abstractions.NullLogger<LocalDiskLogStore>.Instance,
                    CancellationToken.None);
                var before = Slots(disk);
                var owner = await EventCluster.Conformance.Store.LogStoreOwner.OpenAsync(store, "a", CancellationToken.None);
                for (var i = 0; i < 200; i++)
                {
                    await owner.AppendAsync($"{i}");
                    await Task.Delay(TimeSpan.FromMilliseconds(50), clock);
                }

                var loaded = Slots(disk);
                Assert.InRange(Newest(loaded).Counter - Newest(before).Counter, 8, 10);
                await Task.Delay(TimeSpan.FromSeconds(2), clock);
                var idle = Newest(Slots(disk));
                Assert.InRange(idle.Counter - Newest(loaded).Counter, 1, 2);
                var journal = disk.ReadAllBytes("/data/segment-0000000001.log");
                Assert.Equal(-1, journal.AsSpan((int)idle.End.Offset).IndexOfAnyExcept((byte)0));
                await Task.Delay(TimeSpan.FromMinutes(1), clock);
                Assert.Equal(idle.Counter, Newest(Slots(disk)).Counter);
                await store.DisposeAsync();
            },
            clock);
    }

    [Fact]
    public async Task Open_ForeignSegmentBehindTheEnd_IsSetAsideAndNeverDeleted()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1");
        await _fixture.Store.DisposeAsync();
        var foreign = "somebody's bytes"u8.ToArray();
        _fixture.Disk.WriteAllBytes("/data/segment-0000000009.log", foreign);
        _fixture.Disk.WriteAllBytes("/data/checkpoint-0000000009.dat", foreign);
        _fixture.Disk.WriteAllBytes("/data/notes.txt", foreign);
        _fixture.Disk.WriteAllBytes("/data/notes.tmp", foreign);
        _fixture.Disk.WriteAllBytes("/data/checkpoint-0000000007.dat.tmp", foreign);

        await _fixture.OpenAsync();

        Assert.Equal("1", await _fixture.TextAsync("a"));
        var names = _fixture.Disk.ListNow("/data");
        Assert.Contains("notes.txt", names);
        Assert.Contains("notes.tmp", names);
        Assert.DoesNotContain("checkpoint-0000000007.dat.tmp", names);
        Assert.DoesNotContain("segment-0000000009.log", names);
        var aside = names.Where(name => name.StartsWith("aside-", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, aside.Length);
        Assert.All(aside, name => Assert.Equal(foreign, _fixture.Disk.ReadAllBytes($"/data/{name}")));
        await _fixture.ReopenAsync();
        Assert.Equal("1", await _fixture.TextAsync("a"));
    }

    [Theory]
    [InlineData(9u, true)]
    [InlineData(uint.MaxValue, true)]
    [InlineData(uint.MaxValue - 1, true)]
    [InlineData(9u, false)]
    [InlineData(uint.MaxValue, false)]
    [InlineData(uint.MaxValue - 1, false)]
    public async Task Open_StrayFileWithALargeNumber_NeverBecomesTheNextSegment(uint number, bool empty)
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1");
        await _fixture.Store.DisposeAsync();
        var bytes = new byte[LocalDiskOptions.MinSegmentBytes];
        bytes[5000] = (byte)(empty ? 0 : 1);
        _fixture.Disk.WriteAllBytes($"/data/{DataFormat.SegmentFile(number)}", bytes);

        for (var i = 2; i < 6; i++)
        {
            await _fixture.OpenAsync();
            await (await _fixture.OwnAsync("a")).AppendAsync($"{i}");
            await _fixture.Store.DisposeAsync();
        }

        await _fixture.OpenAsync();
        Assert.Equal("1 2 3 4 5", await _fixture.TextAsync("a"));
        Assert.All(DataFormat.Segments(_fixture.Disk.ListNow("/data")), id => Assert.InRange(id, 1u, 20u));
    }

    [Theory]
    [InlineData(9u, 0)]
    [InlineData(9u, 16)]
    [InlineData(int.MaxValue, 16)]
    [InlineData(uint.MaxValue - 1, 16)]
    [InlineData(uint.MaxValue, 0)]
    [InlineData(uint.MaxValue, 16)]
    public async Task Open_StrayCheckpointWithALargeNumber_IsNotCountedOnFrom(uint number, int bytes)
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "0");
        await _fixture.Store.DisposeAsync();
        _fixture.Disk.WriteAllBytes($"/data/{DataFormat.CheckpointFile(number)}", new byte[bytes]);

        // Several starts, each with enough to write for checkpoints and further segments.
        for (var start = 1; start <= 3; start++)
        {
            await _fixture.OpenAsync(StoreFixture.Options(checkpointEveryBytes: 20_000));
            var owner = await _fixture.OwnAsync("a");
            for (var i = 0; i < 10; i++)
            {
                await owner.AppendAsync(new string('x', 10_000));
            }

            await _fixture.Store.DisposeAsync();
        }

        await _fixture.OpenAsync();
        Assert.Equal(31, (await _fixture.TextAsync("a")).Split(' ').Length);
        var names = _fixture.Disk.ListNow("/data");
        Assert.DoesNotContain(DataFormat.CheckpointFile(0), names);
        Assert.NotEmpty(DataFormat.Checkpoints(names));
        Assert.All(DataFormat.Checkpoints(names), id => Assert.InRange(id, 1u, 100u));
    }

    [Fact]
    public async Task Open_RecordedEndIsNotReached_IsRefusedWithThePlace()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1", "2");
        await _fixture.Store.DisposeAsync();
        var path = (await _fixture.FilesAsync("segment-"))[0];
        var bytes = _fixture.Disk.ReadAllBytes(path);
        var (_, last) = await _fixture.FindAsync("2");
        bytes.AsSpan(last).Clear();
        _fixture.Disk.WriteAllBytes(path, bytes);

        var exception = await Assert.ThrowsAsync<LogDamagedException>(() => _fixture.OpenAsync());

        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains("the end record says", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_BackupWithoutOneOfItsFiles_IsRefused()
    {
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("a", "1", "2");
        await _fixture.Store.BackupAsync("/backup", TestContext.Current.CancellationToken);
        await _fixture.Store.DisposeAsync();

        foreach (var path in (await _fixture.FilesAsync("", "/backup")).Where(path => !path.EndsWith("lock", StringComparison.Ordinal)))
        {
            var bytes = _fixture.Disk.ReadAllBytes(path);
            await _fixture.Disk.DeleteAsync(path);
            await Assert.ThrowsAnyAsync<IOException>(() => _fixture.OpenAsync(StoreFixture.Options("/backup", restored: true)));
            _fixture.Disk.WriteAllBytes(path, bytes);
        }

        await _fixture.OpenAsync(StoreFixture.Options("/backup", restored: true));
        Assert.Equal("1 2", await _fixture.TextAsync("a"));
    }

    private (EndRecord? First, EndRecord? Second) Slots() => Slots(_fixture.Disk);

    private static (EndRecord? First, EndRecord? Second) Slots(TestKit.Disk.SimulatedDisk disk)
    {
        var bytes = disk.ReadAllBytes(EndPath);
        return (EndRecord.TryRead(bytes, 42), EndRecord.TryRead(bytes.AsSpan(EndRecord.SlotBytes), 42));
    }

    private static EndRecord Newest((EndRecord? First, EndRecord? Second) slots) =>
        (slots.Second?.Counter ?? 0) > (slots.First?.Counter ?? 0) ? slots.Second! : slots.First!;
}
