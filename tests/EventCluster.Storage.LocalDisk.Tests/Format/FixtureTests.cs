using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Format;

/// <summary>The committed data directories of every format open with every later build, and say the same.</summary>
public sealed class FixtureTests : IAsyncDisposable
{
    private readonly StoreFixture _fixture = new();

    private static string FixtureDirectory(string name) => Path.Combine(AppContext.BaseDirectory, "fixtures", name);

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    [Theory]
    [InlineData("format-1")]
    [InlineData("format-1-killed")]
    [InlineData("format-2")]
    public async Task Open_CommittedFixture_SaysWhatItAlwaysSaid(string fixture)
    {
        foreach (var path in Directory.GetFiles(FixtureDirectory(fixture)))
        {
            _fixture.Disk.WriteAllBytes(
                $"{StoreFixture.Data}/{Path.GetFileName(path)}",
                await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        }

        await _fixture.OpenAsync();

        Assert.Equal(FixtureStore.Expected, await FixtureStore.DescribeAsync(_fixture.Store));
        Assert.Equal(8, await _fixture.Store.DrawIncarnationAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Write_SameOperations_SayTheSame()
    {
        await FixtureStore.WriteAsync(_fixture);
        await _fixture.ReopenAsync();

        Assert.Equal(FixtureStore.Expected, await FixtureStore.DescribeAsync(_fixture.Store));
    }

    [Theory]
    [InlineData("format-1")]
    [InlineData("format-1-killed")]
    [InlineData("format-2")]
    public void CommittedFixture_HoldsCheckpointSegmentsAndFormat(string fixture)
    {
        var names = Directory.GetFiles(FixtureDirectory(fixture)).Select(path => Path.GetFileName(path)!).ToArray();

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
