using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EventCluster.Protocol;

namespace EventCluster.Failover;

/// <summary>Appends over HTTP to one edge, and to the next one when it does not answer.</summary>
internal sealed class HttpAppendPort(IReadOnlyList<Uri> edges, int first) : IAppendPort, IDisposable
{
    /// <summary>Longer than the edge itself tries; then the edge is taken for dead.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 256 })
    {
        Timeout = Timeout,
    };

    private int _edge = first;

    /// <inheritdoc />
    public async ValueTask<StreamOffset?> TryAppendAsync(ProducedAppend append, CancellationToken cancellationToken)
    {
        var edge = Volatile.Read(ref _edge);
        try
        {
            using var request = Request(edges[edge % edges.Count], append);
            using var answer = await _http.SendAsync(request, cancellationToken);
            return answer.StatusCode switch
            {
                HttpStatusCode.OK => StreamOffset.Parse(answer.Headers.GetValues(HeaderNames.NextOffset).Single()),

                // A duplicate: its tail may lie behind the append.
                HttpStatusCode.NoContent => null,
                HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => throw new AppendRetryException($"{(int)answer.StatusCode}"),
                _ => throw new InvalidDataException($"{append}: {(int)answer.StatusCode} "
                    + await answer.Content.ReadAsStringAsync(cancellationToken)),
            };
        }
        catch (Exception e) when (IsLost(e) && !cancellationToken.IsCancellationRequested)
        {
            Interlocked.CompareExchange(ref _edge, edge + 1, edge);
            throw new AppendRetryException(e.Message);
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static bool IsLost(Exception e) => e is HttpRequestException or IOException or OperationCanceledException;

    private static HttpRequestMessage Request(Uri edge, ProducedAppend append)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(edge, $"/v1/stream/{append.Stream}"))
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes($"[{string.Join(',', append.Payloads)}]")),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add(HeaderNames.ProducerId, append.Producer);
        request.Headers.Add(HeaderNames.ProducerEpoch, "0");
        request.Headers.Add(HeaderNames.ProducerSeq, $"{append.Number}");
        return request;
    }
}
