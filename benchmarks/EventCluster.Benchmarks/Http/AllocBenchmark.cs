using System.Net.Sockets;
using EventCluster.Abstractions.Streams;
using EventCluster.Benchmarks.Generator;
using EventCluster.Benchmarks.Running;
using EventCluster.Protocol;

namespace EventCluster.Benchmarks.Http;

/// <summary>Bytes allocated per append and per delivered event, everything between socket and disk included.</summary>
public sealed class AllocBenchmark : IBenchmark
{
    private const int BufferBytes = 256 * 1024;

    private static readonly AppendRequest OneEvent = new() { Events = [Payloads.Event(0)] };

    /// <inheritdoc />
    public string Name => "alloc";

    /// <inheritdoc />
    public string Summary => "bytes allocated per append and per delivered event, in process; does not depend on the machine's speed";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        var appends = context.Settings.Size("appends", 5_000, 300);
        var events = context.Settings.Size("events", 10_000, 2_000);
        await using var server = await InProcessServer.StartAsync(context.Settings);
        var log = await CreateAsync(server, "alloc/log");
        await context.MeasureAsync("append through the log", _ => PerOperationAsync(appends, () => AppendAsync(log)));

        var http = await CreateAsync(server, "alloc/http");
        var target = new AppendTarget(server.Url, http.Name.Value, Payloads.Event(0));
        using var connection = new BlockingConnection(server.EndPoint);
        await context.MeasureAsync("append over HTTP", _ => PerOperationAsync(appends, () =>
        {
            connection.Exchange(target.Request.Span);
            return default;
        }));

        var read = await CreateAsync(server, "alloc/read");
        for (var first = 0; first < events; first += 1000)
        {
            await read.AppendAsync(new AppendRequest { Events = [.. Enumerable.Range(first, 1000).Select(i => (ReadOnlyMemory<byte>)Payloads.Event(i))] }, context.CancellationToken);
        }

        var path = $"/v1/stream/{read.Name}";
        await context.MeasureAsync("event delivered over SSE", _ => PerEventAsync(server, events, () => new SseReader(path, events)));
        await context.MeasureAsync("event delivered by GET", _ => PerEventAsync(server, events, () => new GetReader(path, events)));
        context.Report.Note($"{appends:#,0} appends one after the other; a replay of {events:#,0} events by one reader; {Payloads.EventBytes}-byte events.");
    }

    private static async Task<IStreamHandle> CreateAsync(InProcessServer server, string name)
    {
        var stream = server.Directory.GetStream(StreamName.Parse(name));
        await stream.CreateAsync(new CreateRequest { ContentType = StreamContentType.Parse("application/json") }, CancellationToken.None);
        return stream;
    }

    private static async ValueTask AppendAsync(IStreamHandle stream) => _ = await stream.AppendAsync(OneEvent, CancellationToken.None);

    private static async Task<IReadOnlyList<Figure>> PerOperationAsync(int operations, Func<ValueTask> operation)
    {
        for (var i = 0; i < operations / 5; i++)
        {
            await operation();
        }

        var before = GC.GetTotalAllocatedBytes(precise: true);
        for (var i = 0; i < operations; i++)
        {
            await operation();
        }

        return [new("bytes", (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)operations)];
    }

    private static async Task<IReadOnlyList<Figure>> PerEventAsync(InProcessServer server, int events, Func<ICatchUpReader> create)
    {
        await LoadLoop.RunAsync(() => create().RunAsync(server.EndPoint));
        var reader = create();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await LoadLoop.RunAsync(() => reader.RunAsync(server.EndPoint));
        return [new("bytes", (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)events)];
    }

    /// <summary>A connection that allocates nothing per request.</summary>
    private sealed class BlockingConnection : IDisposable
    {
        private readonly Socket _socket;
        private readonly byte[] _buffer = new byte[BufferBytes];

        public BlockingConnection(System.Net.IPEndPoint server)
        {
            _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _socket.Connect(server);
        }

        public void Exchange(ReadOnlySpan<byte> request)
        {
            _socket.Send(request);
            var filled = 0;
            do
            {
                filled += _socket.Receive(_buffer.AsSpan(filled));
            }
            while (!_buffer.AsSpan(0, filled).EndsWith("\r\n\r\n"u8));
            _ = HttpAnswer.AppendedSequence(_buffer.AsSpan(0, filled));
        }

        public void Dispose() => _socket.Dispose();
    }
}
