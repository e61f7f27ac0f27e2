using EventCluster.Hosting.Node;
using Xunit;

namespace EventCluster.Hosting.Tests.Node;

/// <summary>What is read of control groups, of both versions and of places inside them.</summary>
public sealed class ThreadLimitTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("eventcluster-cgroup-");

    public void Dispose() => _root.Delete(recursive: true);

    [Theory]
    [InlineData("", "0::/", 100, 100)]
    [InlineData("system.slice/ec", "0::/system.slice/ec", 64, 64)]
    [InlineData("pids", "8:pids:/", 80, 80)]
    [InlineData("pids/docker/x", "9:cpu:/a\n8:pids:/docker/x", 70, 70)]
    [InlineData("", "0::/", null, null)]
    [InlineData("elsewhere", "0::/", 50, null)]
    public void Read_LimitInAGroup_IsFound(string folder, string membership, int? limit, int? expected)
    {
        var place = Directory.CreateDirectory(Path.Combine(_root.FullName, "cgroup", folder)).FullName;
        File.WriteAllText(Path.Combine(place, "pids.max"), limit?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "max");
        File.WriteAllText(Path.Combine(place, "pids.current"), "10");
        var self = Path.Combine(_root.FullName, "self");
        File.WriteAllText(self, membership + "\n");
        var read = ThreadLimit.Read(Path.Combine(_root.FullName, "cgroup"), self);
        Assert.Equal(expected, read?.Limit);
        if (read is not null)
        {
            Assert.Equal(10, read.InUse);
            Assert.InRange(read.Workers, 4, read.Limit);
        }
    }
}
