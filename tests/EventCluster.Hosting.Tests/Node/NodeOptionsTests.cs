using EventCluster.Edge;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using Xunit;

namespace EventCluster.Hosting.Tests.Node;

public sealed class NodeOptionsTests
{
    /// <summary>Options that decide something else than a property of store, directory or edge.</summary>
    private static readonly string[] _elsewhere =
    [
        "EventCluster:Urls", "EventCluster:Store", "EventCluster:AllowUnauthenticated", "EventCluster:LogFormat",
        "EventCluster:LogLevel", "EventCluster:Shutdown:Timeout", "EventCluster:Http2Url", "EventCluster:Http:InlineScheduling",
        "EventCluster:Tls:CertificatePath", "EventCluster:Tls:KeyPath", "EventCluster:Tls:Password",
        "EventCluster:Memory:TrimInterval",
    ];

    public static TheoryData<string> Keys =>
        [.. OptionCatalog.All.Select(entry => entry.Key).Except(_elsewhere)];

    /// <summary>Goal: no option is dead. Method: change one; something that a room is given must change with it.</summary>
    [Theory]
    [MemberData(nameof(Keys))]
    public void Option_Changed_ReachesItsRoom(string key)
    {
        var options = new EventClusterOptions();
        var before = Everything(options);
        var entry = OptionCatalog.All.Single(entry => entry.Key == key);

        entry.Set(options, Other(entry.Get(options)));

        Assert.NotEqual(before, Everything(options));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", false)]
    [InlineData("http://10.1.2.3:1", false)]
    [InlineData("http://*:1", true)]
    public void AllowedHosts_ListeningOnAllAddresses_AllowsAnyUnlessSet(string urls, bool any)
    {
        var edge = new EdgeOptions();
        NodeOptions.Apply(new EventClusterOptions { Urls = urls }, edge);
        Assert.Equal(any, edge.AllowedHosts.Contains("*"));
        Assert.Contains("localhost", edge.AllowedHosts);

        NodeOptions.Apply(new EventClusterOptions { Urls = urls, AllowedHosts = [.. EdgeOptions.LoopbackHosts] }, edge);
        Assert.DoesNotContain("*", edge.AllowedHosts);
        NodeOptions.Apply(new EventClusterOptions { Urls = urls, AllowedHosts = ["a.example"] }, edge);
        Assert.DoesNotContain("*", edge.AllowedHosts);
    }

    [Fact]
    public void DirectoryOptions_OfAClusterNode_CheckTheFencesOfWaitedStreams()
    {
        Assert.Equal(TimeSpan.FromSeconds(5), SharedStore.DirectoryOptions(new ClusterNodeOptions()).FenceCheckInterval);
        Assert.Equal(TimeSpan.Zero, NodeOptions.ForDirectory(new EventClusterOptions()).FenceCheckInterval);
    }

    [Fact]
    public void Retention_Zero_MeansNone()
    {
        var none = NodeOptions.ForDirectory(new EventClusterOptions()).RetentionDefaults;
        var some = NodeOptions.ForDirectory(new EventClusterOptions { Retention = { Events = 5, Age = TimeSpan.FromHours(1) } }).RetentionDefaults;

        Assert.True(none.IsEmpty);
        Assert.Equal(5, some.Events);
        Assert.Equal(3600, some.AgeSeconds);
        Assert.Null(some.Bytes);
    }

    private static object Other(object? value) => value switch
    {
        bool flag => !flag,
        int number => number - 1,
        long number => number + 1,
        TimeSpan time => time + TimeSpan.FromSeconds(1),
        string text => text + "x",
        IReadOnlyList<string> list => (string[])[.. list, "x.example"],
        Enum choice => Enum.GetValues(choice.GetType()).Cast<object>().First(other => !other.Equals(choice)),
        _ => throw new NotSupportedException($"{value}"),
    };

    private sealed record Division(EventCluster.Abstractions.Memory.MemoryBudget Budget)
    {
        public long Bytes => Budget.Bytes;

        public string Shares => string.Join(' ', Budget.All.Select(static share => share.Limit));
    }

    private static string Everything(EventClusterOptions options)
    {
        var edge = new EdgeOptions();
        NodeOptions.Apply(options, edge);
        object[] rooms =
        [
            NodeOptions.ForDirectory(options), NodeOptions.ForLocalDisk(options, restored: false),
            NodeOptions.ForPostgreSql(options, restored: false), edge, new Division(NodeMemory.Create(options, 1_000_000_000)),
        ];
        return string.Join('\n', rooms.SelectMany(room => room.GetType().GetProperties()
            .Where(property => property.GetMethod!.GetParameters().Length == 0)
            .Select(property => $"{property.Name}={OptionText.Format(property.GetValue(room))}"))
            .Append(NodeMemory.Describe(NodeMemory.Create(options, available: 1L << 40))));
    }
}
