using EventCluster.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace EventCluster.Edge.Tests.Server;

/// <summary>A part that died makes the node not ready and is named; the process still answers.</summary>
public sealed class ReadinessTests
{
    [Theory]
    [InlineData("The thread that delivers live events has ended.")]
    [InlineData("The housekeeper of the database has ended: boom")]
    public async Task Ready_PartHasDied_AnswersUnavailableWithItsName(string fault)
    {
        var part = new Part();
        await using var server = await EdgeServer.StartAsync(services: services => services.AddSingleton<IBackgroundPart>(part));
        Assert.Equal(200, (await server.SendAsync("GET", "/readyz")).Status);
        part.Fault = fault;
        var answer = await server.SendAsync("GET", "/readyz");
        Assert.Equal(503, answer.Status);
        Assert.Contains(fault, answer.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await server.SendAsync("GET", "/healthz")).Status);
        part.Fault = null;
        Assert.Equal(200, (await server.SendAsync("GET", "/readyz")).Status);
    }

    private sealed class Part : IBackgroundPart
    {
        public string? Fault { get; set; }
    }
}
