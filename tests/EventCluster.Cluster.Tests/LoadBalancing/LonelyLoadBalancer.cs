using System.Diagnostics;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;

namespace EventCluster.Cluster.Tests.LoadBalancing;

/// <summary>
/// A load balancer with the very <c>infra/nginx.conf</c> and one edge: the one that is named, or a port where nobody listens. It
/// speaks HTTP/2 on a port of its own.
/// </summary>
public sealed class LonelyLoadBalancer : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Process _process;

    private LonelyLoadBalancer(Uri? edge)
    {
        var (port, http2Port) = (FreePort.Next(), FreePort.Next());
        Url = new Uri($"http://127.0.0.1:{port}");
        Http2Url = new Uri($"http://127.0.0.1:{http2Port}");
        _folder = Directory.CreateTempSubdirectory("eventcluster-nginx-").FullName;
        File.Copy(Path.Combine(ServerFiles.Repository, "infra", "nginx.conf"), Path.Combine(_folder, "nginx.conf"));
        File.WriteAllText(Path.Combine(_folder, "listen.conf"), $"listen 127.0.0.1:{port};\nlisten 127.0.0.1:{http2Port} http2;\n");
        File.WriteAllText(Path.Combine(_folder, "edges.conf"), $"server {edge?.Authority ?? $"127.0.0.1:{FreePort.Next()}"};\n");
        _process = Process.Start("nginx", ["-p", _folder + "/", "-c", _folder + "/nginx.conf", "-e", "stderr", "-g", "daemon off;"]);
    }

    /// <summary>Where it answers.</summary>
    public Uri Url { get; }

    /// <summary>Where it answers in HTTP/2.</summary>
    public Uri Http2Url { get; }

    /// <summary>Starts it and waits until it answers.</summary>
    public static async Task<LonelyLoadBalancer> StartAsync(CancellationToken cancellationToken, Uri? edge = null)
    {
        var started = new LonelyLoadBalancer(edge);
        using var http = new HttpClient();
        await Phase.UntilAsync("nginx answers", () => started.AnswersAsync(http, cancellationToken), static () => { }, cancellationToken);
        return started;
    }

    /// <summary>Ends it, workers too.</summary>
    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> AnswersAsync(HttpClient http, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(Url, cancellationToken);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
