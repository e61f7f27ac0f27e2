using EventCluster.Orleans.Client;
using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EventCluster.Silo.Tests.Access;

/// <summary>A publisher that was told where gateways are, and has no access to the database.</summary>
public sealed class GatewayListTests(SharedServer shared)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Goal: it goes on while gateways come and go, and nothing is lost or stored twice. Method: three places, of which one, two,
    /// then another one has a silo.
    /// </summary>
    [Fact]
    public async Task Publisher_GatewaysStopAndCome_GoesOn()
    {
        var settings = shared.NewCluster();
        var places = Enumerable.Range(2, 3).Select(i => settings with
        {
            Address = $"127.0.0.{i}",
            SiloPort = FreePort.Next(),
            GatewayPort = FreePort.Next(),
        }).ToList();
        await using var first = await SiloProcess.StartAsync(places[0], Cancellation);
        using var publisher = Publisher.Own(settings.ClusterId, string.Join(',', places.Select(place => $"{place.Address}:{place.GatewayPort}")));
        Assert.Null(await publisher.ConnectAsync(Phase.HangGuard));
        var orders = publisher.Services.GetRequiredService<EventClusterClient>().GetStream("orders");
        await orders.CreateAsync("text/plain", cancellationToken: Cancellation);
        await orders.AppendAsync("0", cancellationToken: Cancellation);

        await using var second = await SiloProcess.StartAsync(places[1], Cancellation);
        await first.KillAsync();
        await UntilAppendedAsync(orders, "1");
        await using var third = await SiloProcess.StartAsync(places[2], Cancellation);
        await second.KillAsync();
        await UntilAppendedAsync(orders, "2");

        var stored = new List<string>();
        await foreach (var order in orders.ReadAsync(follow: false, cancellationToken: Cancellation))
        {
            stored.Add(System.Text.Encoding.UTF8.GetString(order.Payload.Span));
        }

        Assert.Equal(["0", "1", "2"], stored.Distinct());
        await publisher.StopAsync(Cancellation);
    }

    private static async Task UntilAppendedAsync(EventStream stream, string text)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await stream.AppendAsync(text, Cancellation);
                return;
            }
            catch (Exception) when (TimeProvider.System.GetElapsedTime(begun) < 2 * Phase.HangGuard)
            {
                // Its silo is being voted out; the gateway is looked for again.
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
            }
        }
    }
}
