using System.Net;
using System.Text;
using EventCluster.Storage.AzureTables.Tests.Servers;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Silo;

/// <summary>A node of a cluster whose streams, membership and settings are all in Azure Tables.</summary>
public sealed class SiloTests(SharedServer shared) : IAsyncLifetime
{
    private readonly HttpClient _http = new();
    private AzureTablesOptions _options = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _options = shared.NewStore();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Goal: what a node acknowledged is there after it went. Method: one process writes and is killed, another one with the
    /// same tables reads, writes on and ends in order.
    /// </summary>
    [Fact]
    public async Task Silo_KilledAndStartedAgain_StillHasWhatItAcknowledged()
    {
        // The same ports again: so the cluster knows at once that the node from before is gone.
        var arguments = Arguments();
        await using var silo = await ServerProcess.StartSiloAsync(arguments, Cancellation);
        var stream = new Uri(silo.Url, "/v1/stream/orders/eu");
        using (var created = await _http.PutAsync(stream, Text(""), Cancellation))
        {
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
            Assert.Equal("flushed", created.Headers.GetValues("Stream-Durability").Single());
        }

        await AppendAsync(stream, "one");
        using (var large = await _http.PostAsync(stream, Text(new string('x', AzureTablesLogStore.MaxAppendBytes + 1)), Cancellation))
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        }

        await silo.KillAsync();
        await silo.RestartAsync(arguments, Cancellation);
        await AppendAsync(stream, "two");

        Assert.Equal("onetwo", await _http.GetStringAsync(stream, Cancellation));
        Assert.Equal(0, await silo.TerminateAsync());
    }

    [Fact]
    public async Task Silo_WithAnAppendLimitAboveTheStore_DoesNotStart()
    {
        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => ServerProcess.StartSiloAsync(
            [.. Arguments(), "--EventCluster:Limits:AppendBytes", "4000000"], Cancellation));

        Assert.Contains($"takes {AzureTablesLogStore.MaxAppendBytes} bytes in one append", fault.Message, StringComparison.Ordinal);
    }

    private async Task AppendAsync(Uri stream, string text)
    {
        // A node that was just killed is still in the membership for a moment, and the first appends may meet it.
        await Phase.UntilAsync(
            $"'{text}' is appended",
            async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, stream) { Content = Text(text) };
                request.Headers.Add("Producer-Id", "test");
                request.Headers.Add("Producer-Epoch", "0");
                request.Headers.Add("Producer-Seq", text == "one" ? "0" : "1");
                using var answer = await _http.SendAsync(request, Cancellation);
                return answer.IsSuccessStatusCode;
            },
            () => { },
            Cancellation);
    }

    private static StringContent Text(string text) => new(text, Encoding.UTF8, "text/plain");

    private string[] Arguments() =>
    [
        "--EventCluster:Store", "azure-tables",
        "--EventCluster:AzureTables:ConnectionString", _options.ConnectionString,
        "--EventCluster:AzureTables:Table", _options.Table,
        "--EventCluster:Cluster:Membership", "azure-tables",
        "--EventCluster:Cluster:SiloPort", $"{FreePort.Next()}",
        "--EventCluster:Cluster:GatewayPort", $"{FreePort.Next()}",
    ];
}
