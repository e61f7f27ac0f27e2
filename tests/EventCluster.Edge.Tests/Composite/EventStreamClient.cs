using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Composite;

/// <summary>Reads an event stream like a browser: fields of each event, the last id, comments.</summary>
internal sealed class EventStreamClient : IDisposable
{
    private readonly HttpClient _http = new();
    private HttpResponseMessage? _response;
    private StreamReader? _reader;

    private EventStreamClient()
    {
    }

    public int Status => (int)_response!.StatusCode;

    /// <summary>The last <c>id</c>.</summary>
    public string LastId { get; private set; } = "";

    /// <summary>The last <c>retry</c>.</summary>
    public int Retry { get; private set; }

    public static async Task<EventStreamClient> ConnectAsync(EdgeServer server, string path, string? lastEventId = null)
    {
        var client = new EventStreamClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{server.Port}{path}");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        await client.StartAsync(request);
        return client;
    }

    /// <summary>Sends a request of any kind and reads its answer as an event stream.</summary>
    public static async Task<EventStreamClient> SendAsync(HttpRequestMessage request)
    {
        var client = new EventStreamClient();
        await client.StartAsync(request);
        return client;
    }

    private async Task StartAsync(HttpRequestMessage request)
    {
        var cancel = TestContext.Current.CancellationToken;
        _response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        _reader = new StreamReader(await _response.Content.ReadAsStreamAsync(cancel));
    }

    public Task<string> BodyAsync() => _reader!.ReadToEndAsync(TestContext.Current.CancellationToken);

    /// <summary>The next event: its name (<c>message</c> by default, <c>:</c> for a comment) and data; null at the end.</summary>
    public async Task<(string Name, string Data)?> ReadAsync()
    {
        var (name, data, hasFields) = ("message", new List<string>(), false);
        while (await Phase.OfAsync("line", _reader!.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()) is { } line)
        {
            if (line.Length == 0)
            {
                return hasFields ? (name, string.Join('\n', data)) : (":", "");
            }

            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            hasFields |= colon > 0;
            switch (colon < 0 ? line : line[..colon])
            {
                case "id":
                    LastId = line[4..];
                    break;
                case "event":
                    name = line[7..];
                    break;
                case "data":
                    data.Add(line[6..]);
                    break;
                case "retry":
                    Retry = int.Parse(line[7..]);
                    break;
            }
        }

        return null;
    }

    /// <summary>The next event with this name; others but <c>subscribed</c> and the priming are not expected before it.</summary>
    public async Task<JsonElement> ExpectAsync(string name)
    {
        while (true)
        {
            var next = await ReadAsync();
            Assert.True(next is not null, $"Expected {name}, seen the end.");
            if (next.Value.Name == name && (name == ":" || next.Value.Data.Length > 0))
            {
                return name == ":" ? default : JsonSerializer.Deserialize<JsonElement>(next.Value.Data);
            }

            Assert.True(next.Value.Name == "subscribed" || next.Value.Data.Length == 0, $"Expected {name}, seen {next}");
        }
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _response?.Dispose();
        _http.Dispose();
    }
}
