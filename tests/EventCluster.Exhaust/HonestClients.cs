using System.Diagnostics;
using System.Net.Http.Headers;
using EventCluster.Protocol;

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
    private HonestTally _tally = new();

    private HonestClients()
    {
    }

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
            var path = $"/v1/stream/honest-{i}";
            using var created = await client.PutAsync(new Uri(path, UriKind.Relative), Body(1));
            created.EnsureSuccessStatusCode();
            honest._loops.Add(honest.RunAsync(client, path));
        }

        return honest;
    }

    /// <summary>Counts requests that begin from now on, and returns those that began since the last call.</summary>
    public HonestTally Begin() => Interlocked.Exchange(ref _tally, new HonestTally());

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
        _clients.ForEach(static client => client.Dispose());
        _stop.Dispose();
    }

    private static ByteArrayContent Body(int bytes) => new(new byte[bytes]) { Headers = { ContentType = _octets } };

    private async Task RunAsync(HttpClient client, string path)
    {
        string? offset = null;
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            // Whatever becomes of a request counts where it began.
            var tally = Volatile.Read(ref _tally);
            try
            {
                offset = await AppendAsync(client, path, _sizes[i % _sizes.Length], offset, tally);
                await Task.Delay(_pause, TimeProvider.System, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                tally.Withdraw();
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                tally.Fail(e.Message);
                offset = null;
            }
        }
    }

    /// <summary>Appends, reads back from where it appended if that is known, and returns the position behind.</summary>
    private async Task<string?> AppendAsync(HttpClient client, string path, int bytes, string? offset, HonestTally tally)
    {
        tally.Ask();
        var begun = Stopwatch.GetTimestamp();
        using var answer = await client.PostAsync(new Uri(path, UriKind.Relative), Body(bytes), _stop.Token);
        if (!IsServed(answer, begun, tally))
        {
            return null;
        }

        var next = answer.Headers.GetValues(HeaderNames.NextOffset).Single();
        if (offset is null)
        {
            return next;
        }

        tally.Ask();
        begun = Stopwatch.GetTimestamp();
        using var read = await client.GetAsync(new Uri($"{path}?offset={offset}", UriKind.Relative), _stop.Token);
        if (IsServed(read, begun, tally) && (await read.Content.ReadAsByteArrayAsync(_stop.Token)).Length is var length && length != bytes)
        {
            tally.Fail($"{length} bytes in place of {bytes}");
            tally.Spoil();
        }

        return next;
    }

    private static bool IsServed(HttpResponseMessage answer, long begun, HonestTally tally)
    {
        var isInTime = Stopwatch.GetElapsedTime(begun) <= _patience;
        if (answer.IsSuccessStatusCode && isInTime)
        {
            tally.Serve();
            return true;
        }

        tally.Fail(isInTime ? $"{(int)answer.StatusCode}" : $"later than {_patience.TotalSeconds} s");
        return false;
    }
}
