using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Wire;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>A call with many appends: each has its own outcome.</summary>
public sealed class AppendCallTests
{
    private const int Edge = 1;

    [Fact]
    public async Task Append_AboveTheOwnersLimit_IsRefusedAlone()
    {
        await using var memory = new InMemoryLogStore(new InMemoryLogStoreOptions());
        await using var cluster = await StreamCluster.StartAsync(
            2,
            silo => silo == Edge ? SiloRoles.Edge : SiloRoles.Backlog,
            _ => new SharedStore(memory),
            configure: owners => (owners.MaxAppendBytes, owners.MaxAppendEvents) = (10, 2));
        var stream = cluster.Edge(Edge).GetStream(TestData.Name("s"));
        await stream.NewAsync();
        var grain = cluster.Services(Edge).GetRequiredService<IGrainFactory>().GetGrain<IStreamGrain>("s");
        AppendRequest[] requests =
        [
            new() { Events = TestData.Payloads("a") },
            new() { Events = TestData.Payloads(new string('x', 11)) },
            new() { Events = TestData.Payloads("b") },
            new() { Events = TestData.Payloads("1", "2", "3") },
            new(),
            new() { Events = TestData.Payloads("c") },
        ];

        var outcomes = (await grain.AppendAsync(new Wire<AppendRequest[]>(
            Array.ConvertAll(requests, request => request with { ContentType = Protocol.StreamContentType.Default })))).Value;

        Assert.Equal(
            ["Appended", "Invalid", "Appended", "Invalid", "Invalid", "Appended"],
            outcomes.Select(outcome => outcome.GetType().Name));
        Assert.Equal(
            [Protocol.ErrorCode.TooLarge, Protocol.ErrorCode.TooLarge, Protocol.ErrorCode.EmptyBody],
            outcomes.OfType<AppendOutcome.Invalid>().Select(invalid => invalid.Why.Code));
        Assert.Equal(["a", "b", "c"], await stream.TextsAsync());
    }
}
