using System.Net;
using System.Text.Json;
using EventCluster.Benchmarks.Clients;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>Nginx with Nchan, messages in memory only.</summary>
public sealed class NchanSubject : Subject
{
    private readonly string _folder;

    private NchanSubject(string name, IPEndPoint endPoint, ProcessTree processes, string folder)
        : base(name, endPoint, processes)
    {
        _folder = folder;
        EventSource = new LiveTransport("EventSource", (stream, after) => Get($"/sub/{stream}", after), "HTTP/1.1 200 ", () => new PlainBody())
        {
            Ready = ": hi",
        };
    }

    /// <inheritdoc />
    public override LiveTransport EventSource { get; }

    /// <summary>Starts one with the given number of worker processes.</summary>
    /// <param name="template">Its configuration, with PORT, WORKERS and FOLDER to be filled in.</param>
    /// <param name="workers">Worker processes.</param>
    public static async Task<NchanSubject> StartAsync(string template, int workers)
    {
        var folder = Directory.CreateTempSubdirectory("eventcluster-nchan-").FullName;
        var port = FreePort.Next();
        var configuration = Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(configuration, (await File.ReadAllTextAsync(template))
            .Replace("PORT", port.ToString()).Replace("WORKERS", workers.ToString()).Replace("FOLDER", folder));
        var processes = ProcessTree.Start("nginx", ["-p", folder, "-c", configuration]);
        var endPoint = new IPEndPoint(IPAddress.Loopback, port);
        await Listening.WaitAsync(endPoint);
        return new NchanSubject($"Nchan, {workers} worker(s)", endPoint, processes, folder);
    }

    /// <inheritdoc />
    public override Task CreateAsync(string stream) => Task.CompletedTask;

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <inheritdoc />
    protected override string PublishPath(string stream) => $"/pub/{stream}";

    /// <inheritdoc />
    protected override string PositionOf(HttpResponseMessage answer, string body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("last_message_id").GetString()!;
    }
}
