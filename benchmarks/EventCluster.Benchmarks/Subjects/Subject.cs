using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Http;

namespace EventCluster.Benchmarks.Subjects;

/// <summary>A running server under load: EventCluster, or a peer.</summary>
public abstract class Subject(string name, IPEndPoint endPoint, ProcessTree processes) : IAsyncDisposable
{
    /// <summary>Media type of the events.</summary>
    protected const string JsonType = "application/json";

    private readonly HttpClient _client = new();

    /// <summary>In figures.</summary>
    public string Name => name;

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => endPoint;

    /// <summary>What it runs in.</summary>
    public ProcessTree Processes => processes;

    /// <summary>Its event streams over HTTP/1.1.</summary>
    public abstract LiveTransport EventSource { get; }

    /// <summary>Makes a stream ready for readers.</summary>
    public abstract Task CreateAsync(string stream);

    /// <summary>Request line and headers of an append of one event.</summary>
    public byte[] AppendHead(string stream) => Encoding.ASCII.GetBytes(
        $"POST {PublishPath(stream)} HTTP/1.1\r\nHost: {endPoint}\r\nContent-Type: {JsonType}\r\n"
        + $"Content-Length: {Payloads.EventBytes}\r\n\r\n");

    /// <summary>Where events of a stream are posted.</summary>
    public Uri Url(string stream) => At(PublishPath(stream));

    /// <summary>Appends one event; returns the position after it.</summary>
    public async Task<string> AppendAsync(string stream, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Url(stream));
        request.Content = new ByteArrayContent(Payloads.Event(number));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(JsonType);
        request.Headers.Accept.ParseAdd("text/json");
        using var answer = await _client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return PositionOf(answer, await answer.Content.ReadAsStringAsync());
    }

    /// <inheritdoc />
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _client.Dispose();
        await processes.DisposeAsync();
    }

    /// <summary>Where events of a stream are posted.</summary>
    protected abstract string PublishPath(string stream);

    /// <summary>The position after an appended event, as a reader sends it to resume.</summary>
    protected abstract string PositionOf(HttpResponseMessage answer, string body);

    /// <summary>Sends a PUT that must succeed.</summary>
    protected async Task PutAsync(string path)
    {
        using var content = new ByteArrayContent([]);
        content.Headers.ContentType = new MediaTypeHeaderValue(JsonType);
        using var answer = await _client.PutAsync(At(path), content);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>A GET of an event stream over HTTP/1.1.</summary>
    protected byte[] Get(string path, string? lastEventId) => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: {endPoint}\r\nAccept: text/event-stream\r\n"
        + (lastEventId is null ? "\r\n" : $"Last-Event-ID: {lastEventId}\r\n\r\n"));

    private Uri At(string path) => new($"http://{endPoint}{path}");
}
