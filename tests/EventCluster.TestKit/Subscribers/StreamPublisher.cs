using System.Net;
using System.Net.Http.Headers;
using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>Writes streams over plain HTTP and demands success, for tests that read them in other ways.</summary>
public sealed class StreamPublisher(Uri server) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>PUT.</summary>
    public Task<StreamOffset> CreateAsync(
        string stream, string contentType, CancellationToken cancellationToken, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, stream, null, contentType, cancellationToken, headers);

    /// <summary>POST of one body; answers the tail.</summary>
    public Task<StreamOffset> AppendAsync(
        string stream, string contentType, ReadOnlyMemory<byte> body, CancellationToken cancellationToken,
        params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, stream, body, contentType, cancellationToken, headers);

    /// <summary>Closes.</summary>
    public Task<StreamOffset> CloseAsync(string stream, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, stream, null, null, cancellationToken, (HeaderNames.Closed, "true"));

    /// <summary>Moves the head.</summary>
    public Task TrimAsync(string stream, StreamOffset before, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, stream, null, null, cancellationToken, (HeaderNames.TrimBefore, before.ToString()));

    /// <summary>DELETE.</summary>
    public Task DeleteAsync(string stream, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, stream, null, null, cancellationToken);

    /// <summary>The tail.</summary>
    public Task<StreamOffset> TailAsync(string stream, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Head, stream, null, null, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<StreamOffset> SendAsync(
        HttpMethod method, string stream, ReadOnlyMemory<byte>? body, string? contentType, CancellationToken cancellationToken,
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(server, $"/v1/stream/{stream}"));
        if (method == HttpMethod.Put || method == HttpMethod.Post)
        {
            request.Content = new ReadOnlyMemoryContent(body ?? default);
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await _http.SendAsync(request, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            var detail = await answer.Content.ReadAsStringAsync(cancellationToken);
            throw new HttpRequestException($"{method} {request.RequestUri}: {detail}", null, answer.StatusCode);
        }

        return answer.StatusCode != HttpStatusCode.NoContent || answer.Headers.Contains(HeaderNames.NextOffset)
            ? StreamOffset.Parse(answer.Headers.GetValues(HeaderNames.NextOffset).Single())
            : default;
    }
}
