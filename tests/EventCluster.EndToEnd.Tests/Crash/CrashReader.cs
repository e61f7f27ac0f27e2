using System.Text.Json;
using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.EndToEnd.Tests.Crash;

/// <summary>A reader that resumes from its last offset whatever happens to the server.</summary>
public abstract class CrashReader(HttpClient client, HistoryRecorder history, string name, string stream)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    private long _sequence;

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

    /// <summary>Reads until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        history.Start(stream, name, null);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await ReadOnceAsync(cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                await Task.Delay(RetryDelay, TimeProvider.System, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
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
