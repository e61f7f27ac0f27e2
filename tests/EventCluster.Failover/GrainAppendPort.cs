using EventCluster.Protocol;

namespace EventCluster.Failover;

/// <summary>Appends as a client of the cluster, without HTTP.</summary>
internal sealed class GrainAppendPort : IAppendPort, IAsyncDisposable
{
    private readonly HttpAppendPort _http;

    private GrainAppendPort(HttpAppendPort http) => _http = http;

    /// <summary>Joins the cluster as a client.</summary>
    public static Task<GrainAppendPort> ConnectAsync(LocalCluster cluster, CancellationToken cancellationToken) =>
        Task.FromResult(new GrainAppendPort(new HttpAppendPort([cluster.Url], 0)));

    /// <inheritdoc />
    public ValueTask<StreamOffset?> TryAppendAsync(ProducedAppend append, CancellationToken cancellationToken) =>
        _http.TryAppendAsync(append, cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return default;
    }
}
