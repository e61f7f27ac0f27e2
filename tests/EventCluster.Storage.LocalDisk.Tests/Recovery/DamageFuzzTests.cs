using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests.Recovery;

/// <summary>Random damage anywhere in a data directory: right data, a cut unsealed last group, or a clear refusal.</summary>
public sealed class DamageFuzzTests
{
    private const int Commits = 30;

    public static TheoryData<int, bool> Seeds => [.. from seed in Enumerable.Range(0, 100)
                                                     from stopped in new[] { false, true }
                                                     select (seed, stopped)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Open_RandomBytesDamaged_NeverServesWrongData(int seed, bool stopped)
    {
        var random = new Random(seed);
        await using var fixture = new StoreFixture(seed);
        var expected = await FillAsync(fixture, random, stopped);
        var mostCut = 0;
        for (var count = random.Next(1, 4); count > 0; count--)
        {
            mostCut += await DamageAsync(fixture, random);
        }

        try
        {
            await fixture.OpenAsync(Options());
        }
        catch (Exception e) when (e is LogDamagedException or DataDirectoryUnusableException or UnsupportedDataFormatException)
        {
            Assert.DoesNotContain('\n', e.Message);
            return;
        }

        var missing = 0;
        foreach (var (name, events) in expected)
        {
            missing += await CompareAsync(fixture, name, events);
        }

        // A group is declared flushed by the next one, so a rotten byte can cut the last group only, and another byte the
        // one that is last then. Cleared or missing ends of a file take their evidence with them, and the end record proves
        // them only if it was written: always after an orderly stop.
        Assert.InRange(missing, 0, stopped ? 0 : mostCut);
    }

    private static LocalDiskOptions Options() => StoreFixture.Options(checkpointEveryBytes: 20_000);

    private static async Task<Dictionary<string, List<string>>> FillAsync(StoreFixture fixture, Random random, bool stopped)
    {
        var expected = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        await fixture.OpenAsync(Options());
        for (var i = 0; i < Commits; i++)
        {
            var name = $"s{random.Next(4)}";
            var owner = await fixture.OwnAsync(name);
            var text = $"{i}{new string('x', random.Next(5000))}";
            await owner.AppendAsync(text);
            (expected.TryGetValue(name, out var events) ? events : expected[name] = []).Add(text);
        }

        if (!stopped)
        {
            fixture.Disk.KillProcess();
        }

        await fixture.AbandonAsync();
        return expected;
    }

    /// <returns>Most commits that this damage can cut without being noticed.</returns>
    private static async Task<int> DamageAsync(StoreFixture fixture, Random random)
    {
        var names = await fixture.Disk.ListAsync(StoreFixture.Data);
        var path = $"{StoreFixture.Data}/{names[random.Next(names.Count)]}";
        var bytes = fixture.Disk.ReadAllBytes(path);
        var used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        if (used == 0)
        {
            return 0;
        }

        var at = random.Next(used);
        switch (random.Next(4))
        {
            case 0:
                fixture.Disk.WriteAllBytes(path, bytes.AsSpan(0, at));
                return Commits;
            case 1:
                bytes.AsSpan(at, Math.Min(random.Next(1, 5000), bytes.Length - at)).Clear();
                fixture.Disk.WriteAllBytes(path, bytes);
                return Commits;
            default:
                fixture.Disk.Rot(path, at, (byte)random.Next(1, 256));
                return 1;
        }
    }

    private static async Task<int> CompareAsync(StoreFixture fixture, string name, List<string> events)
    {
        if (await fixture.Store.GetHeadAsync(TestData.Name(name), CancellationToken.None) is not { } head)
        {
            return events.Count;
        }

        for (var next = 0; next < head.Head.Tail; next++)
        {
            try
            {
                var blocks = await fixture.Store.ReadAsync(
                    new BlockRange(head.Name, 1, next, next + 1), 1, CancellationToken.None);
                Assert.Equal(events[next], TestData.Texts(Assert.Single(blocks)).Single());
            }
            catch (LogDamagedException e)
            {
                Assert.Contains($"'{name}'", e.Message, StringComparison.Ordinal);
            }
        }

        return events.Count - (int)head.Head.Tail;
    }
}
