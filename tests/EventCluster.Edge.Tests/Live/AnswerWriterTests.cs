using System.IO.Pipelines;
using System.Text;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Live;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Live;

public sealed class AnswerWriterTests
{
    private static readonly int[] Sizes = [1, 2, 200, 2_047, 2_048, 4_094, 4_095, 4_096, 4_097, 9_000, 70_000];

    /// <summary>Sizes around the pipe's buffers, in blocks of one to five events, as an array and end to end.</summary>
    [Theory]
    [InlineData(PayloadKind.Json, 1, 65_536)]
    [InlineData(PayloadKind.Json, 5, 65_536)]
    [InlineData(PayloadKind.Json, 5, 16_384)]
    [InlineData(PayloadKind.Json, 3, 1)]
    [InlineData(PayloadKind.Binary, 1, 65_536)]
    [InlineData(PayloadKind.Binary, 5, 16_384)]
    [InlineData(PayloadKind.Binary, 3, 7)]
    public async Task WriteAsync_PayloadsAroundBufferSizes_WritesEveryByteOnce(PayloadKind kind, int eventsPerBlock, int sliceBytes)
    {
        var random = new Random(eventsPerBlock);
        var payloads = Enumerable.Range(0, 150)
            .Select(i => new string((char)('a' + (i % 26)), Sizes[random.Next(Sizes.Length)])).ToArray();
        List<BlockSlice> slices = [];
        foreach (var chunk in payloads.Chunk(eventsPerBlock))
        {
            slices.Add(new BlockSlice(TestData.Block(1, slices.Sum(s => s.Count), chunk), 0, chunk.Length));
        }

        var batch = Batch(slices, payloads.Length);
        var expected = kind == PayloadKind.Json ? $"[{string.Join(',', payloads)}]" : string.Concat(payloads);
        var pipe = new Pipe();
        var reading = ReadAllAsync(pipe.Reader);
        await AnswerWriter.WriteAsync(pipe.Writer, batch, kind, sliceBytes, TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        var body = await reading;
        Assert.Equal(expected.Length, AnswerWriter.LengthOf(batch, kind));
        Assert.True(expected == body, "the body differs from the payloads");
    }

    private static ReadOutcome.Batch Batch(List<BlockSlice> slices, long tail) => new(
        new StreamOffset(1, 0), new StreamOffset(1, tail), slices, new StreamDescriptor
        {
            Name = StreamName.Parse("s"),
            ContentType = StreamContentType.Default,
            Earliest = new StreamOffset(1, 0),
            Tail = new StreamOffset(1, tail),
            Incarnations = new IncarnationList(new IncarnationStart(1, 0)),
            Closed = false,
        });

    private static async Task<string> ReadAllAsync(PipeReader reader)
    {
        using var copy = new MemoryStream();
        await reader.CopyToAsync(copy, TestContext.Current.CancellationToken);
        return Encoding.ASCII.GetString(copy.ToArray());
    }
}
