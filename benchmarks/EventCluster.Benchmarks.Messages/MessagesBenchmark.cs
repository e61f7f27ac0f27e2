using System.Diagnostics;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Benchmarks.Http;
using EventCluster.Benchmarks.Running;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace EventCluster.Benchmarks.Messages;

/// <summary>What it costs to write and read one message between silos, by kind, and how many bytes it has (docs/adr/0001).</summary>
public sealed class MessagesBenchmark : IBenchmark
{
    private const int MostAtOnce = 1_024;

    private static readonly StreamOffset From = new(3, 0);

    private static readonly StreamDescriptor Descriptor = new()
    {
        Name = StreamName.Parse("orders/2026"),
        ContentType = StreamContentType.Parse("application/json"),
        Earliest = From,
        Tail = new StreamOffset(3, 1_000),
        Incarnations = new IncarnationList(new IncarnationStart(3, 0)),
        Closed = false,
    };

    private readonly Serializer _serializer = new ServiceCollection()
        .AddSerializer()
        .AddSingleton<ITypeNameFilter, WireTypeFilter>()
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    /// <inheritdoc />
    public string Name => "messages";

    /// <inheritdoc />
    public string Summary => "nanoseconds to write and to read one message between silos, and its bytes, by kind";

    /// <inheritdoc />
    public async Task RunAsync(BenchmarkContext context)
    {
        await MeasureAsync(context, "call with 1 append", Appends(1, 1));
        await MeasureAsync(context, "call with 100 appends", Appends(100, 1));
        await MeasureAsync(context, "call with 1 append of 100 events", Appends(1, 100));
        await MeasureAsync(context, "1 outcome", Outcomes(1));
        await MeasureAsync(context, "100 outcomes", Outcomes(100));
        await MeasureAsync(context, "read", new ReadRequest(From, 1024 * 1024, 1_000, TimeSpan.FromSeconds(10), Touch: true));
        await MeasureAsync(context, "reply with 1 block of 1 event", Reply(1, 1));
        await MeasureAsync(context, "reply with 1 block of 100 events", Reply(1, 100));
        await MeasureAsync(context, "reply with 20 blocks of 10 events", Reply(20, 10));
        await MeasureAsync(context, "reply without events", Reply(0, 0));
        await MeasureAsync<DescribeOutcome>(context, "description", new DescribeOutcome.Found(Descriptor));
        await MeasureAsync(context, "create", new CreateRequest { ContentType = Descriptor.ContentType, RequestId = "edge-1.1.1" });
        await MeasureAsync<CreateOutcome>(context, "created", new CreateOutcome.Created(Descriptor));
        context.Report.Note($"{Payloads.EventBytes}-byte events; one thread; the same values are written and read again and again.");
    }

    private static AppendRequest[] Appends(int appends, int events) =>
        [.. Enumerable.Range(0, appends).Select(i => new AppendRequest
        {
            Events = [.. Enumerable.Range(0, events).Select(_ => new ReadOnlyMemory<byte>(Payloads.Event(i)))],
            Producer = new ProducerStamp("edge-1", 1, i),
        })];

    private static AppendOutcome[] Outcomes(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new AppendOutcome.Appended(new StreamOffset(3, i), new StreamOffset(3, i + 1), Closed: false))];

    private static ReadReply Reply(int blocks, int events)
    {
        var slices = Enumerable.Range(0, blocks).Select(i => new BlockSlice(
            EventBlock.Encode(
                3, i * events, [.. Enumerable.Range(0, events).Select(each => new ReadOnlyMemory<byte>(Payloads.Event(each)))], new long[events]),
            0,
            events)).ToArray();
        return new ReadReply(new ReadOutcome.Batch(From, new StreamOffset(3, blocks * events), slices, Descriptor), WaitEnded: blocks == 0);
    }

    private Task<IReadOnlyDictionary<string, double>> MeasureAsync<T>(BenchmarkContext context, string label, T value)
        where T : notnull
    {
        var bytes = Write(value);
        return context.MeasureAsync(label, _ =>
        {
            var half = context.Settings.Round / 2;
            return Task.FromResult<IReadOnlyList<Figure>>(
            [
                new("write ns", NanosecondsEach(half, () => Write(value))),
                new("read ns", NanosecondsEach(half, () => _serializer.Deserialize<Wire<T>>(bytes)!.Value)),
                new("bytes", bytes.Length),
            ]);
        });
    }

    private byte[] Write<T>(T value)
        where T : notnull => _serializer.SerializeToArray(new Wire<T>(value));

    private static double NanosecondsEach(TimeSpan time, Func<object> operation)
    {
        // A fifth warms up. The clock is read after runs of operations, because the smallest take as long as reading it.
        _ = Repeat(time / 5, operation);
        return Repeat(time, operation);
    }

    private static double Repeat(TimeSpan time, Func<object> operation)
    {
        var (began, done, atOnce) = (Stopwatch.GetTimestamp(), 0L, 1);
        do
        {
            for (var i = 0; i < atOnce; i++)
            {
                _ = operation();
            }

            done += atOnce;
            atOnce = Math.Min(MostAtOnce, atOnce * 2);
        }
        while (Stopwatch.GetElapsedTime(began) < time);

        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / done;
    }
}
