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
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly PostgreSqlServer _server;
    private readonly SiloSettings _backlogSettings;
    private readonly SiloSettings _edgeSettings;
    private readonly int _streams;
    private CancellationTokenSource? _publishing;
    private Task<int>? _publisher;
    private SiloProcess _backlog = null!;
    private SiloProcess _edge = null!;

    private Production(PostgreSqlServer server, int streams)
    {
        (_server, _streams) = (server, streams);
        _backlogSettings = new SiloSettings(server.ConnectionString, "drill") { More = ["--EventCluster:NodeName=production-backlog"] };
        _edgeSettings = _backlogSettings with
        {
            Role = "edge", SiloPort = FreePort.Next(), More = ["--EventCluster:NodeName=production-edge"],
        };
    }

    /// <summary>What must not change: the identity, the version of the membership, the streams with their tails.</summary>
    public sealed record State(string Cluster, string Membership, string Streams);

    /// <summary>Starts it and creates the streams. Skips the test where there is no server.</summary>
    public static async Task<Production> StartAsync(int streams, CancellationToken cancellationToken)
    {
        var server = await PostgreSqlServer.StartAsync();
        Assert.SkipWhen(server.Missing is not null, server.Missing ?? "");
        var production = new Production(server, streams);
        await production.StartSilosAsync(cancellationToken);
        foreach (var name in Enumerable.Range(0, streams).Select(i => $"s{i}").Append("live"))
        {
            Assert.Contains(
                await production.SendAsync(HttpMethod.Put, name, "", cancellationToken),
                (HttpStatusCode[])[HttpStatusCode.Created, HttpStatusCode.OK]);
        }

        return production;
    }

    /// <summary>The configuration of production, on another server: what an operator starts a drill with.</summary>
    public SiloSettings SettingsOn(PostgreSqlServer server) => new(server.ConnectionString, _backlogSettings.Schema)
    {
        Role = "both",
        More = ["--EventCluster:NodeName=drill"],
    };

    public async Task AppendToAllAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < _streams; i++)
        {
            Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Post, $"s{i}", $"event of s{i}", cancellationToken));
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

        await _edge.DisposeAsync();
        await _backlog.DisposeAsync();
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
        for (var i = 0; i < _streams; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, UriOf(_edge.Url, $"s{i}?offset=-1"));
            using var answer = await _http.SendAsync(request, cancellationToken);
            var next = answer.Headers.TryGetValues(HeaderNames.NextOffset, out var values) ? values.Single() : "";
            streams.Append($"s{i} {answer.StatusCode} {next} {await answer.Content.ReadAsStringAsync(cancellationToken)}\n");
        }

        return new State(
            await AskAsync(_backlogSettings, "SELECT id FROM $S.cluster", cancellationToken),
            await AskAsync(
                _backlogSettings,
                "SELECT string_agg(cluster || ' ' || silo_name || ' ' || generation || ' ' || status || ' ' || coalesce(suspicions, ''), ', ' "
                + "ORDER BY silo_name, generation) FROM $S.cluster_silos WHERE status <> 6",
                cancellationToken),
            streams.ToString());
    }

    public async Task AssertSameAsync(State before, CancellationToken cancellationToken)
    {
        Assert.Equal(before, await DescribeAsync(cancellationToken));
        Assert.False(_backlog.HasEnded, _backlog.Output);
        Assert.False(_edge.HasEnded, _edge.Output);
        Assert.False(_publisher?.IsFaulted ?? false, _publisher?.Exception?.ToString());
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
                    Assert.Equal(HttpStatusCode.NoContent, await SendAsync(HttpMethod.Post, "live", $"{count};", cancellationToken));
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
        var expected = string.Concat(Enumerable.Range(0, count).Select(i => $"{i};"));
        var seen = new StringBuilder();
        var offset = "-1";
        while (seen.Length < expected.Length)
        {
            using var answer = await _http.GetAsync(UriOf(_edge.Url, $"live?offset={offset}"), cancellationToken);
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

        await _edge.DisposeAsync();
        await _backlog.DisposeAsync();
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

    private async Task<HttpStatusCode> SendAsync(HttpMethod method, string name, string text, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, UriOf(_edge.Url, name))
        {
            Content = new StringContent(text, Encoding.UTF8, "text/plain"),
        };
        using var answer = await _http.SendAsync(request, cancellationToken);
        return answer.StatusCode;
    }
}
