using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Http;

/// <summary>Streams of one server over plain HTTP, as a client author would use them.</summary>
public sealed class StreamClient(Uri server) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(30) })
    {
        Timeout = Phase.HangGuard,
    };

    /// <summary>PUT; expects 201 and returns the tail.</summary>
    public async Task<StreamOffset> CreateAsync(
        string name, string type, string? body, CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        using var answer = await SendAsync(HttpMethod.Put, name, type, body, cancellationToken, headers);
        await ExpectAsync(answer, HttpStatusCode.Created, cancellationToken);
        return Next(answer);
    }

    /// <summary>POST; expects 204 and returns the tail.</summary>
    public async Task<StreamOffset> AppendAsync(string name, string type, string body, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Post, name, type, body, cancellationToken);
        await ExpectAsync(answer, HttpStatusCode.NoContent, cancellationToken);
        return Next(answer);
    }

    /// <summary>DELETE; expects 204.</summary>
    public async Task DeleteAsync(string name, CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(HttpMethod.Delete, name, null, null, cancellationToken);
        await ExpectAsync(answer, HttpStatusCode.NoContent, cancellationToken);
    }

    /// <summary>GET from a position; null for the start.</summary>
    public async Task<StreamAnswer> ReadAsync(string name, StreamOffset? from, CancellationToken cancellationToken, string query = "")
    {
        var offset = from is { } position ? $"?offset={position}{query}" : $"?offset=-1{query}";
        using var answer = await SendAsync(HttpMethod.Get, name + offset, null, null, cancellationToken);
        var next = answer.Headers.TryGetValues(HeaderNames.NextOffset, out var values) ? StreamOffset.Parse(values.Single()) : (StreamOffset?)null;
        return new StreamAnswer((int)answer.StatusCode, next, await answer.Content.ReadAsStringAsync(cancellationToken));
    }

    /// <summary>GET, until the head of the answer is there; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string nameAndQuery, CancellationToken cancellationToken) =>
        await _client.GetAsync(UrlOf(nameAndQuery), HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>Opens a native EventSource response; the caller disposes it.</summary>
    public async Task<EventSourceReader> OpenEventSourceAsync(string name, StreamOffset? from, CancellationToken cancellationToken)
    {
        var offset = from is { } position ? $"?offset={position}" : "";
        var request = new HttpRequestMessage(HttpMethod.Get, UrlOf(name + offset));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        var answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return new EventSourceReader(answer, await answer.Content.ReadAsStreamAsync(cancellationToken));
    }

    /// <summary>Any request.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string nameAndQuery, string? type, string? body, CancellationToken cancellationToken, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, UrlOf(nameAndQuery));
        if (method != HttpMethod.Get && method != HttpMethod.Delete)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? ""));
            request.Content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        }

        foreach (var (header, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        return _client.SendAsync(request, cancellationToken);
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    /// <summary>The tail that an answer names.</summary>
    public static StreamOffset Next(HttpResponseMessage answer) =>
        StreamOffset.Parse(answer.Headers.GetValues(HeaderNames.NextOffset).Single());

    private static async Task ExpectAsync(HttpResponseMessage answer, HttpStatusCode expected, CancellationToken cancellationToken) =>
        Assert.True(answer.StatusCode == expected,
            $"expected {expected}, got {answer.StatusCode}: {await answer.Content.ReadAsStringAsync(cancellationToken)}");

    private Uri UrlOf(string nameAndQuery) => new(server, $"/v1/stream/{nameAndQuery}");
}
