using System.IO.Pipelines;
using System.Text;
using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Memory;
using EventCluster.Edge.Messages;
using EventCluster.Edge.WebSockets;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.WebSockets;

/// <summary>Frames in pieces of any size, and bytes that are no frames.</summary>
public sealed class WebSocketReaderTests
{
    private static InboundPool Pool => new InboundMemory(MemoryBudget.Unbounded(), TimeProvider.System).Messages;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    public async Task Read_OfMessagesInPieces_GivesThemWhole(int pieceBytes)
    {
        int[] lengths = [0, 1, 3, 8, 124, 125, 126, 127, 65_535, 65_536, 70_001];
        var frames = lengths.SelectMany((length, i) => RawSocket.Frame(0x81, Payload(i, length))).ToArray();
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var writing = WriteAsync(pipe.Writer, frames, pieceBytes);
        using var reader = new WebSocketReader(pipe.Reader, Pool);
        for (var i = 0; i < lengths.Length; i++)
        {
            var input = await reader.ReadAsync(Cancel);
            Assert.Equal(SocketInputKind.Text, input.Kind);
            Assert.True(input.Payload.Span.SequenceEqual(Payload(i, lengths[i])), $"Message {i} of {lengths[i]} bytes.");
        }

        Assert.Equal(SocketInputKind.Ended, (await reader.ReadAsync(Cancel)).Kind);
        await writing;
    }

    [Fact]
    public async Task Read_OfNoise_EndsInAViolationOrTheEnd_AndNeverThrows()
    {
        // 2,000 seeded inputs: noise, and valid frames with damaged bytes, cut anywhere.
        var random = new Random(42);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = i % 2 == 0 ? new byte[random.Next(64)] : RawSocket.Frame(0x81, Payload(i, random.Next(300)));
            if (i % 2 == 0)
            {
                random.NextBytes(bytes);
            }
            else
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                bytes = bytes[..random.Next(bytes.Length + 1)];
            }

            var pipe = new Pipe();
            await WriteAsync(pipe.Writer, bytes, 1 + random.Next(20));
            using var reader = new WebSocketReader(pipe.Reader, Pool);
            SocketInput input;
            do
            {
                input = await reader.ReadAsync(Cancel);
            }
            while (input.Kind is SocketInputKind.Text or SocketInputKind.Ping or SocketInputKind.Pong);

            Assert.True(input.Kind != SocketInputKind.Violation || input.Reason.Length > 0);
        }
    }

    [Fact]
    public void Parse_OfDamagedMessages_NeverThrows()
    {
        string[] messages =
        [
            """{"type":"subscribe","id":1,"stream":"a","offset":"00000010000000000000","onGap":"fail","credit":7}""",
            """{"type":"append","stream":"a","events":[{"data":{"x":[1,null]}},{"base64":"AAA="}],"producer":{"id":"p","epoch":0,"seq":1}}""",
            """{"type":"credit","stream":"a","bytes":5,"more":{"deep":[[[]]]}}""",
        ];
        var random = new Random(43);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(messages[i % messages.Length]);
            for (var damage = random.Next(4); damage >= 0; damage--)
            {
                bytes[random.Next(bytes.Length)] = (byte)"\"{}[]:,\\u0018atrue nl"[random.Next(21)];
            }

            var parsed = ClientMessageParser.TryParse(bytes, hasMemory: true, out var message, out var violation);
            Assert.Equal(parsed, message is not null);
            Assert.Equal(parsed, violation is null);
        }
    }

    private static byte[] Payload(int seed, int length) =>
        [.. TestData.Bytes(seed, length).Select(b => (byte)('a' + (b % 26)))];

    private static async Task WriteAsync(PipeWriter writer, byte[] bytes, int pieceBytes)
    {
        for (var at = 0; at < bytes.Length; at += Math.Min(pieceBytes, bytes.Length - at))
        {
            await writer.WriteAsync(bytes.AsMemory(at, Math.Min(pieceBytes, bytes.Length - at)), Cancel);
        }

        await writer.CompleteAsync();
    }
}
