// Publishes to a stream of a running cluster without HTTP, and reads it back. docs/CLUSTER.md says how to start one.
//   dotnet run --project samples/EventCluster.Samples.Publisher -- --store "Host=…;Search Path=eventcluster" [--cluster NAME]
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;

var builder = Host.CreateApplicationBuilder(args);
builder.UseOrleansClient(client => client
    .UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) =
        ("Npgsql", builder.Configuration["store"] ?? throw new InvalidOperationException("Say --store CONNECTION-STRING.")))
    .Configure<ClusterOptions>(options => options.ClusterId = options.ServiceId = builder.Configuration["cluster"] ?? "eventcluster"));
builder.Services.AddEventClusterClient();

using var host = builder.Build();
await host.StartAsync();
var orders = host.Services.GetRequiredService<EventClusterClient>().GetStream("samples/orders");
await orders.CreateAsync("text/plain");

// Appends that are not awaited one by one go together, in this order, and each is stored once whatever fails meanwhile.
var outcomes = await Task.WhenAll(Enumerable.Range(1, 100).Select(i => orders.AppendAsync($"order {i}").AsTask()));
var appended = outcomes.OfType<AppendOutcome.Appended>().ToList();
Console.WriteLine($"{appended.Count} of {outcomes.Length} appended; the tail is {appended[^1].Next}");

await foreach (var order in orders.ReadAsync(follow: false))
{
    Console.WriteLine($"{order.Offset} {Encoding.UTF8.GetString(order.Payload.Span)}");
}

await host.StopAsync();
