// Publishes to a stream of a running cluster without HTTP, and reads it back. docs/CLUSTER.md says how to start one.
//   dotnet run --project samples/EventCluster.Samples.Publisher -- --EventCluster:Cluster:Gateways HOST:PORT \
//     [--EventCluster:Cluster:SecretFile FILE] [--cluster ID]
using System.Text;
using EventCluster.Orleans.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

var builder = Host.CreateApplicationBuilder(args);
var cluster = builder.Configuration["cluster"] ?? "eventcluster";
if (!builder.Configuration.GetSection("EventCluster:Cluster:Gateways").Exists())
{
    return Fail("say --EventCluster:Cluster:Gateways HOST:PORT, where backlog silos have their gateways.");
}

// What goes wrong at the start is said below.
builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
builder.UseOrleansClient(client => client
    .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = cluster));
try
{
    // Gateways, secret and certificates come from the configuration.
    builder.Services.AddEventClusterClient(builder.Configuration);
}
catch (Exception e) when (e is InvalidOperationException or FormatException)
{
    return Fail(e.Message);
}

using var host = builder.Build();

// The Orleans client waits for a silo for as long as it may.
using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
try
{
    await host.StartAsync(limit.Token);
}
catch (OperationCanceledException) when (limit.IsCancellationRequested)
{
    return Fail(
        $"no silo of cluster '{cluster}' was found within 30 s; "
        + "name another with --cluster ID (a local cluster's is in artifacts/cluster/id), and the secret's file if it has one.");
}

var orders = host.Services.GetRequiredService<EventClusterClient>().GetStream("samples/orders");
await orders.CreateAsync("text/plain; charset=utf-8");

// Appends that are not awaited one by one go together, in this order, and each is stored once whatever fails meanwhile.
// One that is refused throws a StreamRefusedException, which says why.
var offsets = await Task.WhenAll(Enumerable.Range(1, 100).Select(i => orders.AppendAsync($"order {i}").AsTask()));
Console.WriteLine($"{offsets.Length} appended; the tail is {offsets[^1]}");

await foreach (var order in orders.ReadAsync(follow: false))
{
    Console.WriteLine($"{order.Offset} {Encoding.UTF8.GetString(order.Payload.Span)}");
}

await host.StopAsync();
return 0;

static int Fail(string why)
{
    Console.Error.WriteLine($"publisher: {why}");
    return 2;
}
