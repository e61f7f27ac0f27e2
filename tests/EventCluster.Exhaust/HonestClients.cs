using System.Diagnostics;
using System.Net.Http.Headers;

namespace EventCluster.Exhaust;

/// <summary>
/// Clients that behave: each keeps a connection, appends bodies of up to 64 KiB to a stream of its own and reads them back. A
/// request is served when it is answered as it should be within five seconds.
/// </summary>
internal sealed class HonestClients : IAsyncDisposable
{
    private const int Clients = 4;
    private static readonly int[] _sizes = [100, 4 * 1024, 64 * 1024];
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);
    private static readonly MediaTypeHeaderValue _octets = new("application/octet-stream");

    private readonly CancellationTokenSource _stop = new();
    private readonly List<HttpClient> _clients = [];
    private readonly List<Task> _loops = [];
    private long _asked;
    private long _served;
    private string? _lastFault;

    private HonestClients()
    {
    }

    public long Asked => Interlocked.Read(ref _asked);

    public long Served => Interlocked.Read(ref _served);

    /// <summary>The last answer that was not what it should be.</summary>
    public string? LastFault => Volatile.Read(ref _lastFault);

    public static async Task<HonestClients> StartAsync(Uri url)
    {
        var honest = new HonestClients();
        for (var i = 0; i < Clients; i++)
        {
            var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10) })
            {
                BaseAddress = url,
                Timeout = _patience,
            };
            honest._clients.Add(client);
            var path = new Uri($"/v1/stream/honest-{i}", UriKind.Relative);
            using var created = await client.PutAsync(path, Body(1));
            created.EnsureSuccessStatusCode();
            honest._loops.Add(honest.RunAsync(client, path));
        }

        return honest;
    }

    public void Reset()
    {
        Interlocked.Exchange(ref _asked, 0);
        Interlocked.Exchange(ref _served, 0);
        Volatile.Write(ref _lastFault, null);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        _clients.ForEach(static client => client.Dispose());
        _stop.Dispose();
    }

    private static ByteArrayContent Body(int bytes) => new(new byte[bytes]) { Headers = { ContentType = _octets } };

    private async Task RunAsync(HttpClient client, Uri path)
    {
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            Interlocked.Increment(ref _asked);
            var begun = Stopwatch.GetTimestamp();
            try
            {
                using var answer = await client.PostAsync(path, Body(_sizes[i % _sizes.Length]), _stop.Token);
                if (answer.IsSuccessStatusCode && Stopwatch.GetElapsedTime(begun) <= _patience)
                {
                    Interlocked.Increment(ref _served);
                }
                else
                {
                    Volatile.Write(ref _lastFault, $"{(int)answer.StatusCode}");
                }

                await Task.Delay(_pause, TimeProvider.System, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                Interlocked.Decrement(ref _asked);
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                Volatile.Write(ref _lastFault, e.Message);
            }
        }
    }
}
