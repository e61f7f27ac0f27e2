using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>One way for a body into the server: method, framing, content.</summary>
/// <param name="Method">PUT or POST.</param>
/// <param name="Framing">length, chunked, h2-length or h2-open.</param>
/// <param name="Json">A JSON array, else binary.</param>
public sealed record BodyWay(string Method, string Framing, bool Json)
{
    private const int EventBytes = 100_000;

    public static IEnumerable<TheoryDataRow<BodyWay>> All =>
        from method in new[] { "POST", "PUT" }
        from framing in new[] { "length", "chunked", "h2-length", "h2-open" }
        from json in new[] { true, false }
        select new TheoryDataRow<BodyWay>(new BodyWay(method, framing, json));

    public bool IsHttp2 => Framing.StartsWith("h2", StringComparison.Ordinal);

    public string ContentType => Json ? "application/json" : "application/octet-stream";

    /// <summary>A body of about this size that the server takes.</summary>
    public byte[] Body(int bytes)
    {
        if (!Json)
        {
            return new byte[bytes];
        }

        var text = new StringBuilder("[");
        while (text.Length < bytes - EventBytes)
        {
            text.Append('"').Append('x', EventBytes).Append("\",");
        }

        return Encoding.ASCII.GetBytes(text.Append('"').Append('x', Math.Max(1, bytes - text.Length - 3)).Append("\"]").ToString());
    }

    /// <summary>Sends a whole body; answers status, code and whether there is a Retry-After.</summary>
    internal async Task<(int Status, string Code, bool RetryAfter)> SendAsync(EdgeServer server, string stream, byte[] body)
    {
        using var upload = await BeginAsync(server, stream, body.Length);
        await upload.WriteAsync(body);
        return await upload.FinishAsync();
    }

    /// <summary>Sends the head of a request, and announces a body.</summary>
    internal async Task<IUpload> BeginAsync(EdgeServer server, string stream, int announced) =>
        IsHttp2 ? new Http2Upload(this, server, stream, announced) : await Http1Upload.OpenAsync(this, server, stream, announced);

    internal interface IUpload : IDisposable
    {
        Task WriteAsync(byte[] bytes);

        /// <summary>Ends the body and reads the answer.</summary>
        Task<(int Status, string Code, bool RetryAfter)> FinishAsync();

        /// <summary>Reads the answer to a body that has no end.</summary>
        Task<(int Status, string Code, bool RetryAfter)> ReadAsync();

        /// <summary>Ends the connection without a word.</summary>
        void Abort();
    }

    private sealed class Http1Upload(RawConnection connection, bool isChunked) : IUpload
    {
        public static async Task<Http1Upload> OpenAsync(BodyWay way, EdgeServer server, string stream, int announced)
        {
            var connection = await RawConnection.OpenAsync(server.Port);
            var isChunked = way.Framing == "chunked";
            await connection.WriteRequestAsync(
                way.Method, $"/v1/stream/{stream}", null, $"Content-Type: {way.ContentType}",
                isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {announced}");
            return new Http1Upload(connection, isChunked);
        }

        public async Task WriteAsync(byte[] bytes)
        {
            if (isChunked)
            {
                await connection.WriteAsync(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n");
            }

            await connection.WriteAsync(bytes);
            if (isChunked)
            {
                await connection.WriteAsync("\r\n");
            }
        }

        public async Task<(int Status, string Code, bool RetryAfter)> FinishAsync()
        {
            if (isChunked)
            {
                await connection.WriteAsync("0\r\n\r\n");
            }

            return await ReadAsync();
        }

        public async Task<(int Status, string Code, bool RetryAfter)> ReadAsync()
        {
            var answer = await connection.ReadAnswerAsync();
            return (answer.Status, answer.Body.Length == 0 ? "" : answer.Code ?? "", answer.Find("Retry-After") is not null);
        }

        public void Abort() => connection.Reset();

        public void Dispose() => connection.Dispose();
    }

    private sealed class Http2Upload : IUpload
    {
        private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task<HttpResponseMessage> _answer;

        public Http2Upload(BodyWay way, EdgeServer server, string stream, int announced)
        {
            var request = new HttpRequestMessage(new HttpMethod(way.Method), new Uri(server.Http2Url, $"/v1/stream/{stream}"))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new Body(this, way.Framing == "h2-length" ? announced : null),
            };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(way.ContentType);
            _answer = _client.SendAsync(request, TestContext.Current.CancellationToken);
        }

        public async Task WriteAsync(byte[] bytes)
        {
            var stream = await _stream.Task;
            await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
            await stream.FlushAsync(TestContext.Current.CancellationToken);
        }

        public async Task<(int Status, string Code, bool RetryAfter)> FinishAsync()
        {
            _end.TrySetResult();
            return await ReadAsync();
        }

        public async Task<(int Status, string Code, bool RetryAfter)> ReadAsync()
        {
            using var answer = await _answer;
            var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            var code = text.Length == 0 ? "" : System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("code").GetString()!;
            return ((int)answer.StatusCode, code, answer.Headers.RetryAfter is not null);
        }

        public void Abort()
        {
            _end.TrySetException(new IOException("The client gives up."));
            _client.CancelPendingRequests();
        }

        public void Dispose()
        {
            _end.TrySetException(new IOException("The client gives up."));
            _ = _end.Task.Exception;
            _ = _answer.ContinueWith(static answer => answer.Exception, TaskScheduler.Default);
            _client.Dispose();
        }

        private sealed class Body(Http2Upload upload, int? length) : HttpContent
        {
            protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            {
                await stream.FlushAsync();
                upload._stream.TrySetResult(stream);
                await upload._end.Task;
            }

            protected override bool TryComputeLength(out long bytes)
            {
                bytes = length ?? 0;
                return length is not null;
            }
        }
    }
}
