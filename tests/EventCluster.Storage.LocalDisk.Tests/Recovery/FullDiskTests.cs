using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>CORRECTNESS rule 11: a full disk refuses appends, serves reads, deletes and trims, and heals by itself.</summary>
public sealed class FullDiskTests : IAsyncDisposable
{
    private static readonly string Filler = new('x', 4000);

    private readonly StoreFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_DiskFull_AppendsAreRefusedAndReadsGoOn(bool thin)
    {
        _fixture.Disk.ThinPreallocation = thin;
        var owner = await FillAsync();

        Assert.False(_fixture.Store.Health.AcceptsWrites);
        Assert.False(_fixture.Store.Health.IsFinal);
        Assert.NotEmpty(_fixture.Store.Health.Reason!);
        Assert.Equal("1 2", await _fixture.TextAsync("kept"));
        Assert.Equal(CommitStatus.Full, await owner.SendAsync(owner.Next(Filler)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commit_DiskFull_LeavesNothingOfTheRefusedGroup(bool thin)
    {
        _fixture.Disk.ThinPreallocation = thin;
        var owner = await FillAsync();
        var tail = owner.Head.Tail;

        _fixture.Disk.Capacity = null;
        await _fixture.CrashAndOpenAsync();

        var again = await _fixture.OwnAsync("big");
        Assert.Equal((tail, owner.Version), (again.Head.Tail, again.Version));
        Assert.Equal("1 2", await _fixture.TextAsync("kept"));
        await again.AppendAsync("more");
    }

    [Fact]
    public async Task Commit_DiskFull_DeletesAndTrimsUseTheReserve()
    {
        var owner = await FillAsync();
        var kept = await _fixture.OwnAsync("kept");

        Assert.Equal(CommitStatus.Committed, await owner.SendAsync(owner.Next() with
        {
            Head = owner.Head with { Earliest = owner.Head.Tail },
            Purges = [new SequenceRange(0, owner.Head.Tail)],
        }));
        Assert.Equal(CommitStatus.Committed, await kept.SendAsync(kept.Next() with { Remove = true }));
    }

    [Fact]
    public async Task Commit_DiskFullThenTrimmed_AppendsAreAcceptedAgain()
    {
        var owner = await FillAsync();
        await owner.CommitAsync(owner.Next() with
        {
            Head = owner.Head with { Earliest = owner.Head.Tail },
            Purges = [new SequenceRange(0, owner.Head.Tail)],
        });

        await Phase.UntilAsync("room again", () => _fixture.Store.Health.AcceptsWrites, Cancellation);

        await owner.AppendAsync("after");
        Assert.Equal("1 2", await _fixture.TextAsync("kept"));
        _fixture.Disk.Capacity = null;
        await _fixture.CrashAndOpenAsync();
        Assert.Equal("after", await _fixture.TextAsync("big"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_DiskFullWithAllDataInTheOpenSegment_DeletingItMakesRoom(bool crash)
    {
        // Room for the segment that is written, the reserve, and the small files.
        var owner = await FillAsync((2 * LocalDiskOptions.MinSegmentBytes) + (LocalDiskOptions.MinSegmentBytes / 2));

        await owner.RemoveAsync();
        await Phase.UntilAsync("room again", () => _fixture.Store.Health.AcceptsWrites, Cancellation);

        var next = await _fixture.CreateAsync("next", "a");
        await next.AppendAsync("b");
        if (crash)
        {
            await _fixture.CrashAndOpenAsync();
        }

        Assert.Equal("1 2", await _fixture.TextAsync("kept"));
        Assert.Equal("a b", await _fixture.TextAsync("next"));
        Assert.Null((await _fixture.OwnAsync("big")).Opened.Head);
    }

    [Fact]
    public async Task Commit_RoomReturnsFromOutside_AppendsAreAcceptedAgainWithoutAnyRequest()
    {
        var owner = await FillAsync();

        _fixture.Disk.Capacity = null;
        await Phase.UntilAsync("room again", () => _fixture.Store.Health.AcceptsWrites, Cancellation);

        await owner.AppendAsync("after");
    }

    [Fact]
    public async Task Open_DiskFull_StartsInTheReserve()
    {
        await FillAsync();
        _fixture.Disk.Capacity = _fixture.Disk.Used;

        await _fixture.KillAndOpenAsync();

        Assert.Equal("1 2", await _fixture.TextAsync("kept"));
        var kept = await _fixture.OwnAsync("kept");
        await kept.RemoveAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Open_DiskFullAndKilledAgainAndAgain_StartsAndDeletes(bool deletesInBetween)
    {
        // Goal: a start needs no more room than a kill left, however often. Method: not one byte is free.
        await FillAsync();
        for (var i = 0; deletesInBetween && i < 5; i++)
        {
            await (await _fixture.OwnAsync("kept")).CommitAsync((await _fixture.OwnAsync("kept")).Next());
        }

        for (var round = 0; round < 6; round++)
        {
            _fixture.Disk.Capacity = _fixture.Disk.Used;
            if (round % 2 == 0)
            {
                await _fixture.KillAndOpenAsync();
            }
            else
            {
                await _fixture.CrashAndOpenAsync();
            }

            Assert.Equal("1 2", await _fixture.TextAsync("kept"));
            if (deletesInBetween)
            {
                var trimmed = await _fixture.OwnAsync("big");
                Assert.Equal(CommitStatus.Committed, await trimmed.SendAsync(trimmed.Next() with
                {
                    Head = trimmed.Head with { Earliest = round + 1 },
                }));
            }
        }

        // Checkpoints are files too: with a few free kilobytes a delete makes room.
        await (await _fixture.OwnAsync("big")).RemoveAsync();
        _fixture.Disk.Capacity = _fixture.Disk.Used + 8192;
        await Phase.UntilAsync("room again", () => _fixture.Store.Health.AcceptsWrites, Cancellation);
        await _fixture.CreateAsync("after", "x");
        await _fixture.CrashAndOpenAsync();
        Assert.Equal("x", await _fixture.TextAsync("after"));
        Assert.Equal("1 2", await _fixture.TextAsync("kept"));
        Assert.Equal("none", await _fixture.TextAsync("big"));
    }

    [Fact]
    public async Task Open_NoRoomForANewStore_IsRefusedInOneLine()
    {
        _fixture.Disk.Capacity = 1000;

        var exception = await Assert.ThrowsAsync<DataDirectoryUnusableException>(() => _fixture.OpenAsync());

        Assert.Contains("No room", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A disk with room for about six segments, filled until an append is refused.</summary>
    private async Task<LogStoreOwner> FillAsync(long capacity = 6 * LocalDiskOptions.MinSegmentBytes)
    {
        _fixture.Disk.Capacity = capacity;
        await _fixture.OpenAsync();
        await _fixture.CreateAsync("kept", "1", "2");
        var owner = await _fixture.CreateAsync("big");
        for (var i = 0; i < 1000; i++)
        {
            var status = await owner.SendAsync(owner.Next(Filler));
            if (status == CommitStatus.Full)
            {
                return owner;
            }

            Assert.Equal(CommitStatus.Committed, status);
        }

        throw new InvalidOperationException("The disk never became full.");
    }
}
