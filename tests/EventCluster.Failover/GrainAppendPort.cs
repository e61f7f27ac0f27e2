using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Failover.Partitions;
using EventCluster.Orleans.Client;
using EventCluster.Orleans.Connections;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Configuration;

namespace EventCluster.Failover;

/// <summary>Appends as a back-end application does: through the client of the cluster, without HTTP.</summary>
internal sealed class GrainAppendPort : IAppendPort, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly EventClusterClient _client;

    /// <summary>The client, for what else it can do.</summary>
    public EventClusterClient Client => _client;

    private GrainAppendPort(IHost host) => (_host, _client) = (host, host.Services.GetRequiredService<EventClusterClient>());

    /// <summary>Joins the cluster as a client; its gateways are found in the membership tables.</summary>
    public static async Task<GrainAppendPort> ConnectAsync(LocalCluster cluster, CancellationToken cancellationToken)
    {
        var written = (await File.ReadAllTextAsync(Path.Combine(cluster.Folder, "run", "connection"), cancellationToken)).Trim();
        var connection = new NpgsqlConnectionStringBuilder(written) { SearchPath = "eventcluster" }.ConnectionString;
        await using var source = NpgsqlDataSource.Create(connection);
        await using var row = await source.CreateCommand("SELECT id, name FROM cluster").ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var (id, name) = (row.GetString(0), row.GetString(1));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client =>
        {
            client.Configure<ClusterOptions>(it => (it.ClusterId, it.ServiceId) = (id, name));
            client.Configure<GatewayOptions>(it => it.GatewayListRefreshPeriod = TimeSpan.FromSeconds(1));
            client.UseAdoNetClustering(it => (it.Invariant, it.ConnectionString) = ("Npgsql", connection));
        });
        var secret = await File.ReadAllTextAsync(Path.Combine(cluster.Folder, "secret"), cancellationToken);
        builder.Services.AddEventClusterClient(options => options.Secret = ClusterSecret.Parse(secret));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return new GrainAppendPort(host);
    }

    /// <summary>Joins a cluster in namespaces, whose gateways it knows.</summary>
    public static Task<GrainAppendPort> ConnectAsync(NamespaceCluster cluster, CancellationToken cancellationToken) => ConnectAsync(
        cluster.Name, cluster.Backlogs.Select(name => $"{cluster.Network.AddressOf(name)}:{NamespaceCluster.GatewayPort}"), cluster.Secret,
        cancellationToken);

    /// <summary>Joins the cluster as a client that was told where its gateways are.</summary>
    private static async Task<GrainAppendPort> ConnectAsync(
        string name, IEnumerable<string> gateways, string secret, CancellationToken cancellationToken)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleansClient(client => client.Configure<ClusterOptions>(it => it.ClusterId = it.ServiceId = name));
        builder.Services.AddEventClusterClient(options =>
        {
            foreach (var gateway in gateways)
            {
                options.Gateways.Add(gateway);
            }

            options.Secret = ClusterSecret.Parse(secret);
        });
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return new GrainAppendPort(host);
    }

    /// <inheritdoc />
    public async ValueTask<StreamOffset?> TryAppendAsync(ProducedAppend append, CancellationToken cancellationToken)
    {
        var request = new AppendRequest
        {
            Events = [.. append.Payloads.Select(payload => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(payload))],
            Producer = new ProducerStamp(append.Producer, 0, append.Number),
        };
        return await _client.GetStream(append.Stream).Handle.AppendAsync(request, cancellationToken) switch
        {
            AppendOutcome.Appended appended => appended.Next,
            AppendOutcome.Duplicate => null,
            AppendOutcome.Unavailable unavailable => throw new AppendRetryException(unavailable.Detail),
            var other => throw new InvalidDataException($"{append}: {other}"),
        };
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
