using System.Net;
using System.Text;
using EventCluster.Protocol;
using EventCluster.Silo.Tests.Processes;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using Npgsql;
using Xunit;

namespace EventCluster.Silo.Tests.Drills;

/// <summary>A cluster of a backlog silo and an edge with a database server of its own, and a publisher that is never to fail.</summary>
internal sealed class Production : IAsyncDisposable
{
    /// <summary>A drill is about copies, not about a machine that is too busy to answer a probe.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(20);

    private const int MaxEventBytes = 2_000;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly PostgreSqlServer _server;
    private readonly SiloSettings _backlogSettings;
    private readonly SiloSettings _edgeSettings;
    private readonly int _streams;
    private readonly Random _random = new(1);
    private CancellationTokenSource? _publishing;
    private Task<int>? _publisher;
    private SiloProcess? _backlog;
    private SiloProcess? _edge;

    private Production(PostgreSqlServer server, int streams)
    {
        (_server, _streams) = (server, streams);
        _backlogSettings = new SiloSettings(server.ConnectionString, "drill") { ProbeTimeout = _patience, More = ["--EventCluster:NodeName=production-backlog"] };
        _edgeSettings = _backlogSettings with
        {
            Role = "edge",
            SiloPort = FreePort.Next(),
            More = ["--EventCluster:NodeName=production-edge"],
        };
    }

    /// <summary>What must not change: the identity, the membership, the streams with their tails and every byte.</summary>
    public sealed record State(string Cluster, string Membership, string Streams, long Bytes);

    /// <summary>How often everything was compared with what it was.</summary>
    public int Comparisons { get; private set; }

    /// <summary>Appends of the publisher that were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    private SiloProcess Backlog => _backlog ?? throw new InvalidOperationException("Production does not run.");

    private SiloProcess Edge => _edge ?? throw new InvalidOperationException("Production does not run.");

    /// <summary>Starts it and creates the streams. Skips the test where there is no server.</summary>
    public static async Task<Production> StartAsync(int streams, CancellationToken cancellationToken)
    {
        var server = await PostgreSqlServer.StartAsync();
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        var production = new Production(server, streams);
        try
        {
            await production.FillAsync(cancellationToken);
            return production;
        }
        catch
        {
            await production.DisposeAsync();
            throw;
        }
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        await StartSilosAsync(cancellationToken);
        foreach (var name in Enumerable.Range(0, _streams).Select(i => $"s{i}").Append("live"))
        {
            Assert.Contains(
                await SendAsync(HttpMethod.Put, name, [], cancellationToken),
                (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.OK]);
        }
    }

    /// <summary>The configuration of production, on another server: what an operator starts a drill with.</summary>
    public SiloSettings SettingsOn(PostgreSqlServer server) => new(server.ConnectionString, _backlogSettings.Schema)
    {
        Role = "both",
        ProbeTimeout = _patience,
        More = ["--EventCluster:NodeName=drill"],
    };

    /// <summary>Appends events of arbitrary bytes to every stream.</summary>
    public async Task AppendToAllAsync(int events, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _streams * events; i++)
        {
            var payload = new byte[_random.Next(1, MaxEventBytes)];
            _random.NextBytes(payload);
            Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Post, $"s{i % _streams}", payload, cancellationToken));
        }
    }

    /// <summary>
    /// A copy of the database. Files are copied from a server that is stopped: its silos were killed, so that their rows are in the
    /// membership that is copied, and are started again at the same places.
    /// </summary>
    public async Task<PostgreSqlServer> CopyAsync(string how, CancellationToken cancellationToken)
    {
        if (how != "files")
        {
            return await _server.CopyAsync(how);
        }

        await Edge.DisposeAsync();
        await Backlog.DisposeAsync();
        await _server.DownAsync();
        var copy = await _server.CopyAsync(how);
        await _server.UpAsync();
        await StartSilosAsync(cancellationToken);
        return copy;
    }

    /// <summary>What it is now.</summary>
    public async Task<State> DescribeAsync(CancellationToken cancellationToken)
    {
        var streams = new StringBuilder();
        var bytes = 0L;
        for (var i = 0; i < _streams; i++)
        {
            using var answer = await _http.GetAsync(UriOf(Edge.Url, $"s{i}?offset=-1"), cancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var content = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            bytes += content.Length;
            streams.Append($"s{i} {answer.Headers.GetValues(HeaderNames.NextOffset).Single()} {Convert.ToHexString(content)}\n");
        }

        return new State(
            await AskAsync(_backlogSettings, "SELECT id FROM $S.cluster", cancellationToken),
            await AskAsync(
                _backlogSettings,
                "SELECT string_agg(cluster || ' ' || silo_name || ' ' || generation || ' ' || status || ' ' || coalesce(suspicions, ''), ', ' "
                + "ORDER BY silo_name, generation) FROM $S.cluster_silos WHERE status <> 6",
                cancellationToken),
            streams.ToString(),
            bytes);
    }

    /// <summary>Everything is what it was, and both silos serve.</summary>
    public async Task AssertSameAsync(State before, CancellationToken cancellationToken)
    {
        await Backlog.UntilReadyAsync(cancellationToken);
        await Edge.UntilReadyAsync(cancellationToken);
        Assert.Equal(before, await DescribeAsync(cancellationToken));
        Assert.False(Backlog.HasEnded, Backlog.Output);
        Assert.False(Edge.HasEnded, Edge.Output);
        Assert.False(_publisher?.IsCompleted ?? false, _publisher?.Exception?.ToString() ?? "The publisher has ended.");
        Comparisons++;
    }

    /// <summary>Appends again and again; anything but an acknowledgement is a failure.</summary>
    public void StartPublishing(CancellationToken cancellationToken)
    {
        _publishing = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _publisher = Task.Run(
            async () =>
            {
                var count = 0;
                while (!_publishing.IsCancellationRequested)
                {
                    Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Post, "live", Encoding.UTF8.GetBytes($"{count};"), cancellationToken));
                    count++;
                    await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
                }

                return count;
            },
            cancellationToken);
    }

    /// <summary>Ends the publisher, and compares what it was acknowledged with what is there.</summary>
    public async Task StopPublishingAsync(CancellationToken cancellationToken)
    {
        await _publishing!.CancelAsync();
        var count = await Phase.OfAsync("the publisher ends", _publisher!);
        Acknowledged += count;
        var expected = string.Concat(Enumerable.Range(0, count).Select(i => $"{i};"));
        var seen = new StringBuilder();
        var offset = "-1";
        while (seen.Length < expected.Length)
        {
            using var answer = await _http.GetAsync(UriOf(Edge.Url, $"live?offset={offset}"), cancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            Assert.NotEmpty(text);
            seen.Append(text);
            offset = answer.Headers.GetValues(HeaderNames.NextOffset).Single();
        }

        Assert.Equal(expected, seen.ToString());
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_publishing is not null)
        {
            await _publishing.CancelAsync();
        }

        foreach (var silo in (SiloProcess?[])[_edge, _backlog])
        {
            if (silo is not null)
            {
                await silo.DisposeAsync();
            }
        }

        await _server.DisposeAsync();
        _publishing?.Dispose();
        _http.Dispose();
    }

    /// <summary>Deletes a stream of some cluster.</summary>
    public static async Task<HttpStatusCode> DeleteAsync(Uri edge, string name, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        using var answer = await http.DeleteAsync(UriOf(edge, name), cancellationToken);
        return answer.StatusCode;
    }

    /// <summary>Looks at a database beside all silos; <c>$S</c> stands for the schema.</summary>
    public static async Task<string> AskAsync(SiloSettings settings, string sql, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(settings.ConnectionString);
        await using var command = source.CreateCommand(sql.Replace("$S", settings.Schema, StringComparison.Ordinal));
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static Uri UriOf(Uri edge, string rest) => new(edge, $"/v1/stream/{rest}");

    private async Task StartSilosAsync(CancellationToken cancellationToken)
    {
        _backlog = await SiloProcess.StartAsync(_backlogSettings, cancellationToken);
        _edge = await SiloProcess.StartAsync(_edgeSettings, cancellationToken);
    }

    private async Task<HttpStatusCode> SendAsync(HttpMethod method, string name, byte[] payload, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, UriOf(Edge.Url, name)) { Content = new ByteArrayContent(payload) };
        request.Content.Headers.ContentType = new("application/octet-stream");
        using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.StatusCode;
    }
}
