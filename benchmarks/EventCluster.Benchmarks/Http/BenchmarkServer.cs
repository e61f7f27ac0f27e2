using System.Net;
using System.Net.Http.Headers;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;

namespace EventCluster.Benchmarks.Http;

/// <summary>The real server process under load, with a slow path for preparing and checking.</summary>
public sealed class BenchmarkServer : IAsyncDisposable
{
    private const string JsonType = "application/json";

    private readonly HttpClient _client = new();

    private BenchmarkServer(ServerProcess process)
    {
        Process = process;
        EndPoint = new IPEndPoint(IPAddress.Loopback, process.Url.Port);
    }

    /// <summary>The process.</summary>
    public ServerProcess Process { get; }

    /// <summary>The process and its children, as they are now.</summary>
    public ProcessTree Processes => new(Process.Process, () => ValueTask.CompletedTask);

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Starts one on an empty data folder, quiet, with the settings' simulated flush.</summary>
    public static async Task<BenchmarkServer> StartAsync(BenchmarkContext context)
    {
        BenchmarkContext.Progress("starting the server");
        return new BenchmarkServer(await ServerProcess.StartAsync(context.CancellationToken, Arguments(context)));
    }

    /// <summary>Arguments of every benchmarked server.</summary>
    public static string[] Arguments(BenchmarkContext context) => ["--EventCluster:LogLevel=warning", .. context.Settings.ServerArguments];

    /// <summary>Creates a JSON stream.</summary>
    public async Task CreateAsync(string path, ReadOnlyMemory<byte> body)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonType);
        using var answer = await _client.PutAsync(new Uri(Process.Url, path), content);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Appends a JSON array.</summary>
    public async Task AppendAsync(string path, ReadOnlyMemory<byte> body)
    {
        using var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonType);
        using var answer = await _client.PostAsync(new Uri(Process.Url, path), content);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>The sequence of a stream's tail.</summary>
    public async Task<long> TailAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(Process.Url, path));
        using var answer = await _client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return StreamOffset.Parse(answer.Headers.GetValues(HeaderNames.NextOffset).Single()).Sequence;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Process.DisposeAsync();
    }
}
