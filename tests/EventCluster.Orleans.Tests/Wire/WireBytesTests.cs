using Xunit;

namespace EventCluster.Orleans.Tests.Wire;

/// <summary>
/// What silos of versions N and N−1 say to each other during a rolling upgrade. The bytes are frozen: a change here is a
/// change of what an older silo reads, so add a case with a new number, or a field with a new <c>Id</c>, and a sample for it.
/// EVENTCLUSTER_REGENERATE=1 adds the lines of new samples; it never changes a line.
/// </summary>
public sealed class WireBytesTests
{
    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "fixtures", "wire", "messages.txt");

    public static TheoryData<string> Names => [.. WireSamples.All.Select(sample => sample.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_AreFrozen(string name)
    {
        var frozen = Read();
        if (!frozen.TryGetValue(name, out var bytes) && Environment.GetEnvironmentVariable("EVENTCLUSTER_REGENERATE") == "1")
        {
            File.AppendAllText(SourcePath(), $"{name}\t{Convert.ToHexString(WireSamples.Get(name).Bytes)}\n");
            return;
        }

        Assert.Equal(bytes, Convert.ToHexString(WireSamples.Get(name).Bytes));
    }

    [Fact]
    public void FrozenBytes_OfEveryVersion_AreRead()
    {
        var frozen = Read();

        Assert.Equal(WireSamples.All.Select(sample => sample.Name).Order(), frozen.Keys.Order());
        Assert.All(frozen, line => Assert.Equal(
            line.Value, Convert.ToHexString(WireSamples.Get(line.Key).ReadAndWrite(Convert.FromHexString(line.Value)))));
    }

    private static Dictionary<string, string> Read() => File.Exists(Fixture)
        ? File.ReadLines(Fixture).Select(line => line.Split('\t')).ToDictionary(parts => parts[0], parts => parts[1])
        : [];

    private static string SourcePath()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "EventCluster.sln")))
        {
            directory = directory.Parent ?? throw new DirectoryNotFoundException("The repository was not found.");
        }

        return Path.Combine(directory.FullName, "tests", "fixtures", "wire", "messages.txt");
    }
}
