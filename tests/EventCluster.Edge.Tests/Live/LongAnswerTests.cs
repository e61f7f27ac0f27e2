using EventCluster.Abstractions.Memory;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Live;

public sealed class LongAnswerTests
{
    [Theory]
    [InlineData("?offset=-1")]
    [InlineData("?offset=-1&live=long-poll")]
    public async Task Get_LongAnswerBeyondTheShare_Is503UntilThereIsRoom(string query)
    {
        var memory = new MemoryBudget(1024 * 1024);
        await using var server = await EdgeServer.StartAsync(services: services => services.AddSingleton(memory));
        await server.CreateAsync("long", "text/plain", new string('x', EdgeLimits.AnswerFlushBytes + 1));
        await server.CreateAsync("short", "text/plain", new string('x', EdgeLimits.AnswerFlushBytes));
        var block = EventBlock.EncodedBytes(1, EdgeLimits.AnswerFlushBytes + 1);
        var taken = memory.CatchUp.Limit - block + 1;
        Assert.True(memory.CatchUp.TryReserve(taken));

        var refused = await server.SendAsync("GET", "/v1/stream/long" + query);
        Assert.Equal((503, "no-store"), (refused.Status, refused["Cache-Control"]));
        Assert.Contains("\"overloaded\"", refused.Text, StringComparison.Ordinal);
        Assert.NotNull(refused.Find("Retry-After"));
        Assert.Equal(200, (await server.SendAsync("GET", "/v1/stream/short" + query)).Status);

        memory.CatchUp.Release(1);
        Assert.Equal(200, (await server.SendAsync("GET", "/v1/stream/long" + query)).Status);
        await TestKit.Phase.UntilAsync("released", () => memory.CatchUp.Used == taken - 1, TestContext.Current.CancellationToken);
    }
}
