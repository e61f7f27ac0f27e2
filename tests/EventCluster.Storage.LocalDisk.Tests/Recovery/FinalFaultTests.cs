using EventCluster.Abstractions.Store;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>CORRECTNESS rule 11: a failed write or flush is final, and an unclean start makes durable what it serves.</summary>
public sealed class FinalFaultTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Commit_WriteOrFlushFails_OutcomeIsUnknownAndNothingIsAcceptedAnyMore(bool flush)
    {
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "first");
        var other = await _fixture.CreateAsync("b", "x");
        if (flush)
        {
            _fixture.Disk.FailNextFlushes(1);
        }
        else
        {
            _fixture.Disk.FailNextWrites(1);
        }

        await Assert.ThrowsAnyAsync<IOException>(() => owner.AppendAsync("second"));
        var flushes = _fixture.Disk.Flushes;

        Assert.Equal(CommitStatus.Refused, await other.SendAsync(other.Next("y")));
        await Assert.ThrowsAnyAsync<IOException>(() => _fixture.OwnAsync("a"));
        Assert.False(_fixture.Store.Health.AcceptsWrites);
        Assert.True(_fixture.Store.Health.IsFinal);
        Assert.Contains("Simulated", _fixture.Store.Health.Reason, StringComparison.Ordinal);
        Assert.Equal("first", await _fixture.TextAsync("a"));
        Assert.Equal(flushes, _fixture.Disk.Flushes);
    }

    [Fact]
    public async Task Stop_AfterAFailedFlush_DoesNotSealTheJournal()
    {
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "first");
        _fixture.Disk.FailNextFlushes(1);
        await Assert.ThrowsAnyAsync<IOException>(() => owner.AppendAsync("second"));
        var writes = _fixture.Disk.Writes;

        await _fixture.Store.DisposeAsync();

        Assert.Equal(writes, _fixture.Disk.Writes);
    }

    [Fact]
    public async Task Open_AfterAKill_RewritesWhatTheDiskMayNotHave()
    {
        // Goal: an event that a reader saw after the restart survives a loss of power right after it. Method: the device
        // lies about the flush of the last group, so that it lives in the page cache only; the kill keeps that cache.
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "first");
        _fixture.Disk.SkipFlush = true;
        await owner.AppendAsync("second");
        _fixture.Disk.SkipFlush = false;

        await _fixture.KillAndOpenAsync();
        Assert.Equal("first second", await _fixture.TextAsync("a"));
        await _fixture.CrashAndOpenAsync();

        Assert.Equal("first second", await _fixture.TextAsync("a"));
    }

    [Fact]
    public async Task Open_KilledAgainAndAgainWhileRecovering_LosesNothing()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            await using var fixture = new StoreFixture(seed);
            await fixture.OpenAsync();
            await fixture.CreateAsync("a", "1", "2", "3");
            for (var round = 0; round < 4; round++)
            {
                fixture.Disk.Crash();
                await fixture.AbandonAsync();
                fixture.Disk.FailNextWrites(round % 2);
                fixture.Disk.FailNextFlushes((seed + round) % 3);
                try
                {
                    await fixture.OpenAsync();
                }
                catch (IOException e) when (e.GetType() == typeof(IOException))
                {
                    fixture.Disk.FailNextWrites(0);
                    fixture.Disk.FailNextFlushes(0);
                }
            }

            await fixture.CrashAndOpenAsync();
            Assert.Equal("1 2 3", await fixture.TextAsync("a"));
        }
    }

    [Fact]
    public async Task Fence_AfterARestart_IsLargerThanEveryEarlierOne()
    {
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "first");
        for (var i = 0; i < 5; i++)
        {
            owner = await _fixture.OwnAsync("a");
        }

        await _fixture.CrashAndOpenAsync();

        Assert.True((await _fixture.OwnAsync("a")).Fence > owner.Fence);
        Assert.Equal(CommitStatus.Conflict, await _fixture.Store.CommitAsync(owner.Next("stale"), CancellationToken.None));
    }

    [Fact]
    public async Task Open_WithoutFlushAfterAKill_OpensNewHistoriesAtEveryTail()
    {
        var options = StoreFixture.Options(flush: false);
        await _fixture.OpenAsync(options);
        await _fixture.CreateAsync("a", "1 2");
        await _fixture.CreateAsync("b", "1");
        var drawn = await _fixture.Store.DrawIncarnationAsync(CancellationToken.None);

        await _fixture.KillAndOpenAsync(options);

        foreach (var (name, tail) in new[] { ("a", 2), ("b", 1) })
        {
            var head = await _fixture.Store.GetHeadAsync(TestData.Name(name), CancellationToken.None);
            Assert.Equal(2, head!.Incarnations.Count);
            Assert.Equal(tail, head.Incarnations.Latest.FirstSequence);
            Assert.True(head.Incarnations.Latest.Incarnation > drawn);
        }
    }

    [Fact]
    public async Task Open_WithFlushAfterAKillWithoutFlush_OpensNewHistories()
    {
        await _fixture.OpenAsync(StoreFixture.Options(flush: false));
        await _fixture.CreateAsync("a", "1 2");

        await _fixture.KillAndOpenAsync(StoreFixture.Options());
        Assert.Equal(2, (await _fixture.OwnAsync("a")).Incarnations!.Count);
        await _fixture.KillAndOpenAsync(StoreFixture.Options());
        Assert.Equal(2, (await _fixture.OwnAsync("a")).Incarnations!.Count);
    }

    [Fact]
    public async Task Open_WithoutFlushAfterACleanStop_KeepsTheHistories()
    {
        var options = StoreFixture.Options(flush: false);
        await _fixture.OpenAsync(options);
        await _fixture.CreateAsync("a", "1 2");

        await _fixture.Store.DisposeAsync();
        _fixture.Disk.Crash();
        await _fixture.OpenAsync(options);

        Assert.Equal("1 2", await _fixture.TextAsync("a"));
        Assert.Single((await _fixture.Store.GetHeadAsync(TestData.Name("a"), CancellationToken.None))!.Incarnations);
    }
}
