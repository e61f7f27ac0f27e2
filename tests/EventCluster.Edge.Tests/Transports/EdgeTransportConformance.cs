using EventCluster.Conformance.Transports;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>The suite over one edge in this process.</summary>
public abstract class EdgeTransportConformance : SubscriberTransportConformance
{
    private readonly List<EdgeServer> _servers = [];

    protected override async ValueTask<SubscriberServer> StartServerAsync()
    {
        var server = await EdgeServer.StartAsync(clock: TimeProvider.System, over: _servers.LastOrDefault());
        _servers.Add(server);
        return new SubscriberServer(server.Url, server.Http2Url, server.StopAsync)
        {
            Connections = () => server.Connections,
        };
    }

    public override async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await base.DisposeAsync();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
