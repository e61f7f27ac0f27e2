using System.Globalization;
using System.Net;
using EventCluster.Benchmarks.Bare;
using EventCluster.Benchmarks.Clients;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>Kestrel without the product (<see cref="BareServer"/>): the platform's limit.</summary>
public sealed class BareSubject : Subject
{
    private readonly string _folder;

    private BareSubject(IPEndPoint endPoint, ProcessTree processes, string folder)
        : base("bare Kestrel", endPoint, processes)
    {
        _folder = folder;
        EventSource = new LiveTransport(
            "EventSource", (stream, after) => Get($"{PublishPath(stream)}?offset={after ?? "now"}", null), "HTTP/1.1 200 ", () => new ChunkBody())
        {
            Ready = "retry: ",
        };
    }

    /// <inheritdoc />
    public override LiveTransport EventSource { get; }

    /// <summary>Starts one, compiled and run as the product is.</summary>
    public static async Task<BareSubject> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("eventcluster-bare-").FullName;
        var endPoint = new IPEndPoint(IPAddress.Loopback, FreePort.Next());
        var processes = ProcessTree.Start(
            "dotnet",
            [typeof(BareServer).Assembly.Location, BareServer.Command, endPoint.Port.ToString(CultureInfo.InvariantCulture), Path.Combine(folder, "journal")],
            [("DOTNET_gcServer", "1"), ("DOTNET_TieredPGO", "0"), ("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0")]);
        await Listening.WaitAsync(endPoint);
        return new BareSubject(endPoint, processes, folder);
    }

    /// <inheritdoc />
    public override Task CreateAsync(string stream) => PutAsync(PublishPath(stream));

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <inheritdoc />
    protected override string PublishPath(string stream) => $"/{stream}";

    /// <inheritdoc />
    protected override string PositionOf(HttpResponseMessage answer, string body) => answer.Headers.GetValues(HeaderNames.NextOffset).Single();
}
