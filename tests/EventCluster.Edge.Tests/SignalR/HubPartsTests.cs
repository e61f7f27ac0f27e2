using System.IO.Pipelines;
using System.Text.Json;
using EventCluster.Abstractions.Memory;
using EventCluster.Delivery.Framing;
using EventCluster.Edge.SignalR;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Subscribers;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>Items that are larger than a slice.</summary>
public sealed class HubPartsTests
{
    private static readonly byte[] _tail = [0x7d, HubRecords.Separator];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WriteTo_PartByPart_TakesTheNextOneOnlyWhenThereIsRoom()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4, resumeWriterThreshold: 2));
        var parts = new HubParts(static () => Assert.Fail("nothing was broken"));
        var first = parts.GiveAsync(Part("abcd"), isLast: false);
        var writing = parts.WriteToAsync(pipe.Writer, _tail).AsTask();
        Assert.False(first.IsCompleted);

        pipe.Reader.AdvanceTo((await pipe.Reader.ReadAsync(Cancel)).Buffer.End);
        Assert.False((await first).IsCompleted);
        var last = parts.GiveAsync(Part("ef"), isLast: true);
        var rest = await pipe.Reader.ReadAtLeastAsync(4, Cancel);
        Assert.Equal([(byte)'e', (byte)'f', .. _tail], System.Buffers.BuffersExtensions.ToArray(rest.Buffer));
        pipe.Reader.AdvanceTo(rest.Buffer.End);
        await last;
        Assert.False((await writing).IsCompleted);
    }

    [Fact]
    public async Task Break_InsideAnItem_EndsTheConnection()
    {
        var isAborted = false;
        var parts = new HubParts(() => isAborted = true);
        var pipe = new Pipe();
        var writing = parts.WriteToAsync(pipe.Writer, _tail).AsTask();
        await parts.GiveAsync(Part("ab"), isLast: false);
        Assert.False(isAborted);
        parts.Break();
        Assert.True((await writing).IsCompleted);
        Assert.True(isAborted);
    }

    /// <summary>
    /// Goal: a call that its client ends inside an event leaves the connection whole. Method: a gate that closes inside the event,
    /// the end of the call, then other calls on the same connection.
    /// </summary>
    [Theory]
    [InlineData(HttpTransportType.WebSockets)]
    [InlineData(HttpTransportType.ServerSentEvents)]
    [InlineData(HttpTransportType.LongPolling)]
    public async Task Call_EndedInsideAnEvent_LeavesTheOthersOfItsConnection(HttpTransportType transport)
    {
        var memory = new MemoryBudget(1L << 30);
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System, services: services => services.AddSingleton(memory));
        server.SendBufferBytes = 16 * 1024;
        using var publisher = new StreamPublisher(server.Url);
        await publisher.CreateAsync("s", "application/octet-stream", Cancel);
        await publisher.AppendAsync("s", "application/octet-stream", TestData.Bytes(1, ProtocolLimits.MaxEventBytes), Cancel);
        await server.StreamAsync("other", "text/plain", "one");
        await using var gate = new GateProxy(server.Url);
        await using var connection = new HubConnectionBuilder().WithUrl(new Uri(gate.Url, "/v1/signalr"), transport).Build();
        await Phase.OfAsync("connect", connection.StartAsync(Cancel));

        gate.CloseAfter(100_000);
        using (var wanted = CancellationTokenSource.CreateLinkedTokenSource(Cancel))
        {
            var call = ReadAsync(connection, "s", wanted.Token);
            await Phase.UntilAsync("inside the event", "reserved bytes", () => memory.Delivery.Used, static used => used > 0, Cancel);
            await wanted.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        gate.Open();
        Assert.Equal("one", await Phase.OfAsync("another call", ReadAsync(connection, "other", Cancel)));
        Assert.Equal(ProtocolLimits.MaxEventBytes, (await Phase.OfAsync("the same stream", ReadAsync(connection, "s", Cancel))).Length);
        await Phase.UntilAsync("released", () => memory.Delivery.Used == 0, Cancel);
    }

    /// <summary>The first event's data; what is base64 as text of one character a byte.</summary>
    private static async Task<string> ReadAsync(HubConnection connection, string stream, CancellationToken cancellationToken)
    {
        await foreach (var message in connection.StreamAsync<JsonElement>("Subscribe", stream, "-1", null, cancellationToken))
        {
            if (message.TryGetProperty("events", out var events))
            {
                return events[0].TryGetProperty("base64", out var bytes)
                    ? new string('x', bytes.GetBytesFromBase64().Length)
                    : events[0].GetProperty("data").GetString()!;
            }
        }

        throw new InvalidDataException("The call ended without an event.");
    }

    private static FrameBuffer Part(string text)
    {
        var part = new FrameBuffer(text.Length);
        part.Write(System.Text.Encoding.ASCII.GetBytes(text));
        return part;
    }
}
