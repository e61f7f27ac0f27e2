using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Format;

/// <summary>The committed data directory of format 1 opens with every later build, and says the same.</summary>
public sealed class FixtureTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private static string FixtureDirectory => Path.Combine(AppContext.BaseDirectory, "fixtures", "format-1");

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Fact]
    public async Task Open_CommittedFixture_SaysWhatItAlwaysSaid()
    {
        foreach (var path in Directory.GetFiles(FixtureDirectory))
        {
            _fixture.Disk.WriteAllBytes(
                $"{StoreFixture.Data}/{Path.GetFileName(path)}",
                await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        }

        await _fixture.OpenAsync();

        Assert.Equal(FixtureStore.Expected, await FixtureStore.DescribeAsync(_fixture));
        Assert.Equal(8, await _fixture.Store.DrawIncarnationAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Write_SameOperations_SayTheSame()
    {
        await FixtureStore.WriteAsync(_fixture);
        await _fixture.ReopenAsync();

        Assert.Equal(FixtureStore.Expected, await FixtureStore.DescribeAsync(_fixture));
    }

    [Fact]
    public void CommittedFixture_HoldsCheckpointSegmentsAndFormat()
    {
        var names = Directory.GetFiles(FixtureDirectory).Select(path => Path.GetFileName(path)!).ToArray();

        Assert.Contains("format.json", names);
        Assert.Contains(names, name => name.StartsWith("checkpoint-", StringComparison.Ordinal));
        Assert.Contains(names, name => name.StartsWith("segment-", StringComparison.Ordinal));
    }

    /// <summary>Writes a new fixture directory: set <c>EVENTCLUSTER_WRITE_FIXTURE</c> to a path. Only for a new format.</summary>
    [Fact]
    public async Task Fixture_Asked_IsWritten()
    {
        if (Environment.GetEnvironmentVariable("EVENTCLUSTER_WRITE_FIXTURE") is not { Length: > 0 } target)
        {
            return;
        }

        await FixtureStore.WriteAsync(_fixture);
        await Phase.UntilAsync(
            "compaction",
            () => _fixture.Disk.ListNow(StoreFixture.Data).All(name => name != "segment-0000000001.log"),
            TestContext.Current.CancellationToken);
        await _fixture.Store.DisposeAsync();
        Directory.CreateDirectory(target);
        foreach (var name in _fixture.Disk.ListNow(StoreFixture.Data))
        {
            await File.WriteAllBytesAsync(
                Path.Combine(target, name),
                _fixture.Disk.ReadAllBytes($"{StoreFixture.Data}/{name}"),
                TestContext.Current.CancellationToken);
        }
    }
}
