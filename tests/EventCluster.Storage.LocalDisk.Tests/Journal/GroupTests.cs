using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Journal;

/// <summary>Groups of many records: one write, one flush, and all of them there after a crash.</summary>
public sealed class GroupTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(16_379)]
    [InlineData(16_380)]
    [InlineData(16_381)]
    [InlineData(30_001)]
    public async Task Commit_LargeAndSmallBlocksTogether_AreAllThereAfterACrash(int large)
    {
        // Goal: a group of several records with blocks of every length modulo 8, some large enough to be written by
        // reference. Method: a slow flush holds the first commit while the others gather behind it.
        var options = StoreFixture.Options(segmentBytes: 1024 * 1024);
        await _fixture.OpenAsync(options);
        var owners = await Task.WhenAll(Enumerable.Range(0, 17).Select(i => _fixture.CreateAsync($"s{i}")));
        var flushes = _fixture.Disk.Flushes;
        _fixture.Disk.FlushDelay = TimeSpan.FromMilliseconds(20);

        await Task.WhenAll(owners.Select((owner, i) => owner.AppendAsync(Text(i, large))));
        _fixture.Disk.FlushDelay = TimeSpan.Zero;
        Assert.InRange(_fixture.Disk.Flushes - flushes, 1, 5);
        await _fixture.CrashAndOpenAsync(options);

        for (var i = 0; i < owners.Length; i++)
        {
            Assert.Equal(Text(i, large), await _fixture.TextAsync($"s{i}"));
        }
    }

    [Fact]
    public async Task Commit_ManyStreamsAtOnce_ShareFlushes()
    {
        await _fixture.OpenAsync(StoreFixture.Options(segmentBytes: 1024 * 1024));
        var owners = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => _fixture.CreateAsync($"s{i}")));
        var flushes = _fixture.Disk.Flushes;
        _fixture.Disk.FlushDelay = TimeSpan.FromMilliseconds(20);

        await Task.WhenAll(owners.Select(owner => owner.AppendAsync("x")));

        Assert.InRange(_fixture.Disk.Flushes - flushes, 1, 20);
    }

    private static string Text(int i, int large) => $"{i}{new string('x', i % 3 == 0 ? large + i : i)}";
}
