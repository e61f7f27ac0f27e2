using System.Text;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests;

/// <summary>Clear refusals of a data directory, one line each.</summary>
public sealed class DirectoryTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Open_DirectoryInUse_IsRefused()
    {
        await _fixture.OpenAsync();

        var exception = await Assert.ThrowsAsync<DataDirectoryLockedException>(() => LocalDiskLogStore.OpenAsync(
            StoreFixture.Options(),
            _fixture.Disk.Attach(),
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<LocalDiskLogStore>.Instance,
            TestContext.Current.CancellationToken));

        Assert.Contains("/data", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lock_OnTheSystemsDisk_KeepsASecondOwnerOutUntilReleased()
    {
        using var directory = new TemporaryDirectory();
        var disk = new SystemDisk();
        var held = await disk.TryLockAsync($"{directory.Path}/lock");

        Assert.NotNull(held);
        Assert.Null(await disk.TryLockAsync($"{directory.Path}/lock"));
        await held.DisposeAsync();
        await using var again = await disk.TryLockAsync($"{directory.Path}/lock");
        Assert.NotNull(again);
    }

    [Fact]
    public async Task Lock_FileThatCannotBeOpened_IsAFaultAndNotAnotherOwner()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        using var directory = new TemporaryDirectory();

        // A link to itself, like a read-only medium, is a plain IOException with another number.
        File.CreateSymbolicLink($"{directory.Path}/lock", $"{directory.Path}/lock");

        await Assert.ThrowsAsync<IOException>(() => new SystemDisk().TryLockAsync($"{directory.Path}/lock").AsTask());
    }

    [Fact]
    public async Task Open_NewerFormat_IsRefusedNamingBothVersions()
    {
        _fixture.Disk.WriteAllBytes(
            "/data/format.json", """{"formatVersion":7,"storeId":"2a","created":"2026-01-01T00:00:00Z"}"""u8);

        var exception = await Assert.ThrowsAsync<UnsupportedDataFormatException>(() => _fixture.OpenAsync());

        Assert.Equal((7, 2), (exception.Found, exception.Supported));
        Assert.Contains("format 7", exception.Message, StringComparison.Ordinal);
        Assert.Contains("1 to 2", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'/data/format.json'", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"formatVersion":"x"}""")]
    [InlineData("""{"formatVersion":0,"storeId":"2a","created":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"formatVersion":-1,"storeId":"2a","created":"2026-01-01T00:00:00Z"}""")]
    [InlineData("""{"formatVersion":1,"storeId":"no","created":"2026-01-01T00:00:00Z"}""")]
    public async Task Open_DamagedFormatFile_IsRefused(string json)
    {
        _fixture.Disk.WriteAllBytes("/data/format.json", Encoding.UTF8.GetBytes(json));

        var exception = await Assert.ThrowsAsync<DataDirectoryUnusableException>(() => _fixture.OpenAsync());

        Assert.Contains("format.json", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_JournalWithoutFormatFile_IsRefused()
    {
        await _fixture.OpenAsync();
        await _fixture.Store.DisposeAsync();
        await _fixture.Disk.DeleteAsync("/data/format.json");

        await Assert.ThrowsAsync<DataDirectoryUnusableException>(() => _fixture.OpenAsync());
    }

    [Fact]
    public async Task Open_CrashedAtAnyMomentOfTheFirstStart_StartsAgain()
    {
        for (var seed = 0; seed < 30; seed++)
        {
            await using var fixture = new StoreFixture(seed);
            fixture.Disk.FailNextFlushes(seed % 5);
            try
            {
                await fixture.OpenAsync();
            }
            catch (IOException)
            {
                fixture.Disk.FailNextFlushes(0);
            }

            fixture.Disk.Crash();
            if (fixture.Store is not null)
            {
                await fixture.AbandonAsync();
            }

            await fixture.OpenAsync();
            await fixture.CreateAsync("a", "1");
            Assert.Equal("1", await fixture.TextAsync("a"));
        }
    }

    [Fact]
    public async Task Options_OutOfRange_AreRefusedTogether()
    {
        var options = new LocalDiskOptions { Path = "", SegmentBytes = 1, MaxStreams = 0 };

        var exception = await Assert.ThrowsAsync<ArgumentException>(() => _fixture.OpenAsync(options));

        Assert.Contains("Path", exception.Message, StringComparison.Ordinal);
        Assert.Contains("SegmentBytes", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MaxStreams", exception.Message, StringComparison.Ordinal);
    }
}
