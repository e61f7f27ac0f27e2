using System.Diagnostics;
using System.Net.Http.Headers;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.SlowReaders;

/// <summary>Appends at a fixed rate in arrays, one every 10 ms; an event is due when its array is.</summary>
public sealed class BatchPublisher(Uri stream, int perSecond) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly HttpClient _client = new();
    private readonly int _batch = Math.Max(1, (int)(perSecond * Interval.TotalSeconds));
    private long _start;
    private int _first;
    private int _published;

    /// <summary>Events appended and acknowledged.</summary>
    public int Published => Volatile.Read(ref _published);

    /// <summary>When an event of the present run is due.</summary>
    public long DueAt(int number) =>
        Volatile.Read(ref _start) + (long)((number - _first) / _batch * Interval.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Appends for a time; returns when the last array is acknowledged.</summary>
    public async Task Start(TimeSpan time)
    {
        _first = Published;
        Volatile.Write(ref _start, Stopwatch.GetTimestamp());
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        for (var batches = Math.Max(1, (int)(time / Interval)); batches > 0; batches--)
        {
            while (Stopwatch.GetTimestamp() < DueAt(Published))
            {
                await timer.WaitForNextTickAsync();
            }

            using var content = new ByteArrayContent(Payloads.Array(Published, _batch));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await _client.PostAsync(stream, content);
            answer.EnsureSuccessStatusCode();
            Volatile.Write(ref _published, Published + _batch);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();
}
