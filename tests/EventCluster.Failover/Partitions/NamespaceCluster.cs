using System.Collections.Concurrent;
using System.Text.Json;
using EventCluster.TestKit.Network;
using EventCluster.TestKit.Servers;

namespace EventCluster.Failover.Partitions;

/// <summary>
/// A cluster whose nodes are machines to each other: PostgreSQL, backlog silos and edges as real processes, each in a network namespace of
/// its own. What ends by itself is started again after a second, as a supervisor would. Clients are outside, with a cable to each.
/// </summary>
internal sealed class NamespaceCluster : IAsyncDisposable
{
    /// <summary>The database's node, and its standby's where there is one.</summary>
    public const string Database = "db-1";

    /// <summary>The standby's node.</summary>
    public const string Standby = "db-2";

    /// <summary>The port for other silos.</summary>
    public const int SiloPort = 11_111;

    /// <summary>The port for publishers.</summary>
    public const int GatewayPort = 30_000;

    private const int HttpPort = 4437;
    private const int PostgresPort = 5432;

    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>A hang guard: on a machine that is busy with other things a start takes minutes, and one that is voted out starts again.</summary>
    private static readonly TimeSpan ReadyGuard = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, NamespaceSilo> _silos = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<SiloEnd> _ends = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
    private readonly CancellationTokenSource _end = new();
    private readonly List<PostgreSqlServer> _servers = [];
    private readonly TimeProvider _time;
    private Task _supervising = Task.CompletedTask;
    private string _connection = "";

    private NamespaceCluster(NamespaceNetwork network, IReadOnlyList<string> backlogs, IReadOnlyList<string> edges, TimeProvider time)
    {
        (Network, Backlogs, Edges, _time) = (network, backlogs, edges, time);
    }

    /// <summary>What joins the nodes.</summary>
    public NamespaceNetwork Network { get; }

    /// <summary>Names of the silos that own streams.</summary>
    public IReadOnlyList<string> Backlogs { get; }

    /// <summary>Names of the silos that serve clients.</summary>
    public IReadOnlyList<string> Edges { get; }

    /// <summary>Logs, secret and data.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("eventcluster-namespaces-").FullName;

    /// <summary>What the silos and publishers prove to each other.</summary>
    public string Secret { get; } = Convert.ToHexStringLower(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));

    /// <summary>The cluster's configured name.</summary>
    public string Name => "namespaces";

    /// <summary>The database's servers: the first primary, then its standby where there is one.</summary>
    public IReadOnlyList<PostgreSqlServer> Servers => _servers;

    /// <summary>Silos that ended though nobody asked them to.</summary>
    public IReadOnlyList<SiloEnd> Ends => [.. _ends];

    /// <summary>Starts everything and waits until each silo is ready.</summary>
    /// <param name="setup">What it is made of.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<NamespaceCluster> StartAsync(NamespaceSetup setup, TimeProvider time, CancellationToken cancellationToken)
    {
        string[] backlogs = [.. Enumerable.Range(1, setup.Backlogs).Select(i => $"backlog-{i}")];
        string[] edges = [.. Enumerable.Range(1, setup.Edges).Select(i => $"edge-{i}")];
        string[] databases = setup.HasStandby ? [Database, Standby] : [Database];
        var network = await NamespaceNetwork.CreateAsync([.. databases, .. backlogs, .. edges]);
        var cluster = new NamespaceCluster(network, backlogs, edges, time);
        try
        {
            await cluster.StartAsync(setup, cancellationToken);
            return cluster;
        }
        catch (Exception e)
        {
            var logs = cluster.KeepLogs("start");
            await cluster.DisposeAsync();
            throw new InvalidOperationException($"The cluster did not start; the logs are in {logs}", e);
        }
    }

    /// <summary>Where clients reach an edge.</summary>
    public Uri UrlOf(string name) => new($"http://{Network.AddressOf(name)}:{HttpPort}");

    /// <summary>What <c>/readyz</c> of a silo answers; null when it does not.</summary>
    public async Task<int?> ReadinessAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(UrlOf(name), "/readyz"), cancellationToken);
            return (int)answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Names of the streams that a silo owns now; asked at its own node, where administration answers.</summary>
    public async Task<IReadOnlySet<string>> OwnedAsync(string name, CancellationToken cancellationToken)
    {
        using var http = Network.NewHttpAt(name);
        using var document = JsonDocument.Parse(await http.GetStringAsync(new Uri(UrlOf(name), "/v1/admin/owned"), cancellationToken));
        return document.RootElement.GetProperty("streams").EnumerateArray().Select(stream => stream.GetString()!).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Waits until each silo is ready.</summary>
    public async Task UntilReadyAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        foreach (var name in Backlogs.Concat(Edges))
        {
            while (await ReadinessAsync(name, cancellationToken) != 200)
            {
                if (_time.GetElapsedTime(began) > ReadyGuard)
                {
                    throw new TimeoutException($"{name} is not ready after {ReadyGuard}.");
                }

                await Task.Delay(LookInterval, _time, cancellationToken);
            }
        }
    }

    /// <summary>Lines of a silo's log that have a text.</summary>
    public int CountLines(string name, string text) =>
        File.ReadLines(Path.Combine(Folder, $"{name}.log")).Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Copies the logs of all processes, for a run that went wrong.</summary>
    public string KeepLogs(string name)
    {
        var target = Directory.CreateDirectory(Path.Combine(ServerFiles.Repository, "artifacts", "partitions", name)).FullName;
        foreach (var log in Directory.EnumerateFiles(Folder, "*.log"))
        {
            File.Copy(log, Path.Combine(target, Path.GetFileName(log)), overwrite: true);
        }

        foreach (var server in _servers)
        {
            File.Copy(
                Path.Combine(server.Folder, "server.log"), Path.Combine(target, $"db-{_servers.IndexOf(server) + 1}.log"), overwrite: true);
        }

        return target;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Network.HealAsync();
        await _end.CancelAsync();
        await _supervising.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_silos.Values.Select(silo => silo.DisposeAsync().AsTask()));
        _servers.Reverse();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await Network.DisposeAsync();
        _http.Dispose();
        _end.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private async Task StartAsync(NamespaceSetup setup, CancellationToken cancellationToken)
    {
        var primary = await PostgreSqlServer.StartAsync(PlaceOf(Database));
        _servers.Add(primary);
        if (setup.HasStandby)
        {
            _servers.Add(await PostgreSqlServer.StandbyOfAsync(primary, PlaceOf(Standby)));
        }

        _connection = setup.Connection is { } connection ? await connection(this) : primary.ConnectionString;
        foreach (var name in Backlogs.Concat(Edges))
        {
            Launch(name);
        }

        _supervising = Task.Run(SuperviseAsync, CancellationToken.None);
        await UntilReadyAsync(cancellationToken);
    }

    private ServerPlace PlaceOf(string node) => new(Network.Enter(node), $"{Network.AddressOf(node)}", PostgresPort);

    private void Launch(string name)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal)
        {
            ["DOTNET_gcServer"] = "0",
            ["EventCluster__Role"] = name.Split('-')[0],
            ["EventCluster__NodeName"] = name,
            ["EventCluster__Urls"] = $"{UrlOf(name)}".TrimEnd('/'),
            ["EventCluster__AllowUnauthenticated"] = "true",
            ["EventCluster__PostgreSql__ConnectionString"] = _connection,
            ["EventCluster__PostgreSql__ClusterId"] = Name,
            ["EventCluster__Cluster__AdvertisedAddress"] = $"{Network.AddressOf(name)}",
            ["EventCluster__Cluster__SiloPort"] = $"{SiloPort}",
            ["EventCluster__Cluster__GatewayPort"] = $"{GatewayPort}",
            ["EventCluster__Cluster__Secret"] = Secret,
            ["EventCluster__Cluster__AllowPlaintext"] = "true",
        };
        _silos[name] = NamespaceSilo.Start(name, Network.Enter(name), environment, Path.Combine(Folder, $"{name}.log"));
    }

    private async Task SuperviseAsync()
    {
        while (true)
        {
            await Task.Delay(RestartDelay, _time, _end.Token);
            foreach (var (name, silo) in _silos)
            {
                if (silo.ExitCode is { } code)
                {
                    _ends.Enqueue(new SiloEnd(name, code, _time.GetTimestamp()));
                    await silo.DisposeAsync();
                    Launch(name);
                }
            }
        }
    }
}
