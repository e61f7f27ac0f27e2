using System.Text.Json;
using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>A reader that resumes from its last offset whatever happens to the server.</summary>
public abstract class CrashReader(HttpClient client, HistoryRecorder history, string name, string stream)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    private long _sequence;
    private long _requestedAt;
    private int _repetitions;
    private Exception? _lastFault;

    /// <summary>Who it is.</summary>
    public string Name => name;

    /// <summary>What it reads.</summary>
    public string Stream => stream;

    /// <summary>How far it is.</summary>
    public long Sequence => Interlocked.Read(ref _sequence);

    /// <summary>Where it goes on; null for the start.</summary>
    protected StreamOffset? Position { get; private set; }

    /// <summary>Where everything it sees goes.</summary>
    protected HistoryRecorder History => history;

    /// <summary>Its HTTP client.</summary>
    protected HttpClient Client => client;

    /// <summary>The stream's path.</summary>
    protected string Path => $"/v1/stream/{stream}";

    /// <summary>Who it is, where, and what it is about: what a hang's message says of it.</summary>
    public override string ToString()
    {
        var requestedAt = Interlocked.Read(ref _requestedAt);
        var doing = requestedAt == 0 ? "between two requests" : $"in a request for {TimeProvider.System.GetElapsedTime(requestedAt)}";
        return $"{name} of {stream} at {Position?.ToString() ?? "the start"} ({Sequence}), {doing}, after {Volatile.Read(ref _repetitions)} "
            + $"repetitions, the last because of {Volatile.Read(ref _lastFault)?.ToString() ?? "nothing"}";
    }

    /// <summary>Reads until cancelled.</summary>
    /// <exception cref="InvalidOperationException">What a killed server is no reason for; the reader has ended.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        history.Start(stream, name, null);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                Interlocked.Exchange(ref _requestedAt, TimeProvider.System.GetTimestamp());
                await ReadOnceAsync(cancellationToken);
                Interlocked.Exchange(ref _requestedAt, 0);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                Volatile.Write(ref _lastFault, e);
                Interlocked.Increment(ref _repetitions);
                Interlocked.Exchange(ref _requestedAt, 0);
                await Task.Delay(RetryDelay, TimeProvider.System, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"A reader has ended: {this}.", e);
            }
        }
    }

    /// <summary>One request.</summary>
    protected abstract Task ReadOnceAsync(CancellationToken cancellationToken);

    /// <summary>Records one event.</summary>
    protected void Observe(StreamOffset offset, string payload)
    {
        history.Observe(stream, name, offset, payload);
        Position = offset;
        Interlocked.Exchange(ref _sequence, offset.Sequence);
    }

    /// <summary>Records the events of a JSON array that ends at a position.</summary>
    protected void ObserveArray(string body, StreamOffset next)
    {
        using var json = JsonDocument.Parse(body);
        var at = next.Sequence - json.RootElement.GetArrayLength();
        foreach (var element in json.RootElement.EnumerateArray())
        {
            Observe(next with { Sequence = ++at }, element.GetRawText());
        }
    }

    /// <summary>The position as a query.</summary>
    protected string OffsetQuery => $"?offset={(Position is { } position ? position.ToString() : "-1")}";
}
