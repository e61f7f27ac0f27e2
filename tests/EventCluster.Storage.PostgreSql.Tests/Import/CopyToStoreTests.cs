using System.Net;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Protocol;
using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Import;

/// <summary>
/// The way from one node to a shared store with the real server: write on the embedded store, stop, copy, serve from
/// PostgreSQL; what clients hold goes on working.
/// </summary>
public sealed class CopyToStoreTests(SharedServer shared) : StoreTest(shared)
{
    private readonly HttpClient _http = new();

    [Fact]
    public async Task CopyToStore_ThenServe_OffsetsProducersAndForksGoOn()
    {
        var data = Directory.CreateTempSubdirectory("eventcluster-copy-").FullName;
        string[] shared = ["--EventCluster:PostgreSql:ConnectionString", Options.ConnectionString, "--EventCluster:PostgreSql:Schema", Options.Schema];
        string[] saved;
        string[] copy = ["--copy-to-store", "--data", data, .. shared];
        await using (var embedded = await ServerProcess.StartAsync(data, [], Cancellation))
        {
            saved = await WriteAsync(embedded.Url);
            var refused = await ServerProcess.RunAsync(Cancellation, copy);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains(data, refused.Error, StringComparison.Ordinal);
            Assert.Equal(0, await embedded.TerminateAsync());
        }

        for (var run = 0; run < 2; run++)
        {
            var copied = await ServerProcess.RunAsync(Cancellation, copy);
            Assert.Equal((0, ""), (copied.ExitCode, copied.Error));
            Assert.Contains("2 streams", copied.Output, StringComparison.Ordinal);
            Assert.Contains($"copied {(run == 0 ? 4 : 0)} events", copied.Output, StringComparison.Ordinal);
        }

        await using var server = await ServerProcess.StartAsync(Cancellation, ["--EventCluster:Store", "postgresql", .. shared]);
        await GoOnAsync(server.Url, saved);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task CopyToStore_NameOfAForksSourceIsTaken_LeavesBothOutAndNamesThem()
    {
        var data = Directory.CreateTempSubdirectory("eventcluster-copy-").FullName;
        string[] shared = ["--EventCluster:PostgreSql:ConnectionString", Options.ConnectionString, "--EventCluster:PostgreSql:Schema", Options.Schema];
        await using (var embedded = await ServerProcess.StartAsync(data, [], Cancellation))
        {
            await WriteAsync(embedded.Url);
            await SendAsync(HttpMethod.Delete, embedded.Url, "a", null, HttpStatusCode.NoContent);
            await SendAsync(HttpMethod.Put, embedded.Url, "alone", null, HttpStatusCode.Created);
            await SendAsync(HttpMethod.Post, embedded.Url, "alone", "alone;", HttpStatusCode.NoContent);
            Assert.Equal(0, await embedded.TerminateAsync());
        }

        await using var server = await ServerProcess.StartAsync(Cancellation, ["--EventCluster:Store", "postgresql", .. shared]);
        await SendAsync(HttpMethod.Put, server.Url, "a", null, HttpStatusCode.Created);
        await SendAsync(HttpMethod.Post, server.Url, "a", "of another;", HttpStatusCode.NoContent);

        var copied = await ServerProcess.RunAsync(Cancellation, ["--copy-to-store", "--data", data, .. shared]);

        Assert.Equal(2, copied.ExitCode);
        Assert.Contains("1 stream ", copied.Output, StringComparison.Ordinal);
        Assert.Contains("'a' is not copied: the store has another stream of that name.", copied.Error, StringComparison.Ordinal);
        Assert.Contains("'fork' is not copied: it shares events with 'a', which cannot be copied.", copied.Error, StringComparison.Ordinal);
        Assert.Equal("alone;", await _http.GetStringAsync(new Uri(server.Url, "/v1/stream/alone"), Cancellation));
        Assert.Equal("of another;", await _http.GetStringAsync(new Uri(server.Url, "/v1/stream/a"), Cancellation));
        await SendAsync(HttpMethod.Get, server.Url, "fork", null, HttpStatusCode.NotFound);
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task CopyToStore_StreamsWithEventsThatNobodyMaySend_AreLeftOutAndNamed()
    {
        // Goal: a copy is a way in like the others. Method: events that no edge lets through, written past it, one of a kind.
        var data = Directory.CreateTempSubdirectory("eventcluster-copy-").FullName;
        await using (var store = await LocalDiskLogStore.OpenAsync(
            new LocalDiskOptions { Path = data }, new SystemDisk(), TimeProvider.System, NullLogger<LocalDiskLogStore>.Instance, Cancellation))
        await using (var streams = new LocalStreamDirectory(
            store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance))
        {
            await PutAsync(streams, "bad-json", "application/json", "1"u8.ToArray(), "x"u8.ToArray());
            await PutAsync(streams, "bad-text", "text/plain", [0xff, 0xfe, 0x00]);
            await PutAsync(streams, "form", "application/x-www-form-urlencoded", "a=1"u8.ToArray());
            await PutAsync(streams, "bytes", "application/octet-stream", [0xff, 0xfe, 0x00]);
            await PutAsync(streams, "json", "application/json", "1"u8.ToArray());
            var fork = new CreateRequest { Fork = new ForkSpec(StreamName.Parse("bad-json"), null, FromStart: false, 0) };
            Assert.IsType<CreateOutcome.Created>(await streams.GetStream(StreamName.Parse("fork")).CreateAsync(fork, Cancellation));
        }

        string[] shared = ["--EventCluster:PostgreSql:ConnectionString", Options.ConnectionString, "--EventCluster:PostgreSql:Schema", Options.Schema];
        var copied = await ServerProcess.RunAsync(Cancellation, ["--copy-to-store", "--data", data, .. shared]);

        Assert.Equal(2, copied.ExitCode);
        Assert.Contains("2 streams", copied.Output, StringComparison.Ordinal);
        Assert.Contains("'bad-json' is not copied: its event at sequence 1 may not be stored: An event is not valid JSON", copied.Error, StringComparison.Ordinal);
        Assert.Contains("'bad-text' is not copied: its event at sequence 0 may not be stored: An event is not valid UTF-8", copied.Error, StringComparison.Ordinal);
        Assert.Contains("'form' is not copied: it could not be created: No stream is created with the type", copied.Error, StringComparison.Ordinal);
        Assert.Contains("'fork' is not copied: it shares events with 'bad-json', which cannot be copied.", copied.Error, StringComparison.Ordinal);
        await using var server = await ServerProcess.StartAsync(Cancellation, ["--EventCluster:Store", "postgresql", .. shared]);
        Assert.Equal("[1]", await _http.GetStringAsync(new Uri(server.Url, "/v1/stream/json"), Cancellation));
        await SendAsync(HttpMethod.Get, server.Url, "bad-json", null, HttpStatusCode.NotFound);
        Directory.Delete(data, recursive: true);
    }

    private static async Task PutAsync(LocalStreamDirectory streams, string name, string contentType, params byte[][] payloads)
    {
        var request = new CreateRequest
        {
            ContentType = StreamContentType.Parse(contentType),
            Events = [.. payloads.Select(payload => (ReadOnlyMemory<byte>)payload)],
        };
        Assert.IsType<CreateOutcome.Created>(await streams.GetStream(StreamName.Parse(name)).CreateAsync(request, Cancellation));
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>Writes three events and a fork with one more; returns the offsets after each of the three.</summary>
    private async Task<string[]> WriteAsync(Uri url)
    {
        await SendAsync(HttpMethod.Put, url, "a", null, HttpStatusCode.Created);
        var saved = new string[3];
        for (var i = 0; i < saved.Length; i++)
        {
            var answer = await SendAsync(HttpMethod.Post, url, "a", $"event {i};", HttpStatusCode.OK, producer: i);
            saved[i] = answer.Headers.GetValues("Stream-Next-Offset").Single();
        }

        await SendAsync(HttpMethod.Put, url, "fork", null, HttpStatusCode.Created, forkOf: "/v1/stream/a");
        await SendAsync(HttpMethod.Post, url, "fork", "of the fork;", HttpStatusCode.NoContent);
        return saved;
    }

    private async Task GoOnAsync(Uri url, string[] saved)
    {
        Assert.Equal("event 0;event 1;event 2;", await _http.GetStringAsync(new Uri(url, "/v1/stream/a"), Cancellation));
        Assert.Equal("event 1;event 2;", await _http.GetStringAsync(new Uri(url, $"/v1/stream/a?offset={saved[0]}"), Cancellation));
        Assert.Equal(
            "event 0;event 1;event 2;of the fork;", await _http.GetStringAsync(new Uri(url, "/v1/stream/fork"), Cancellation));
        await SendAsync(HttpMethod.Post, url, "a", "event 2;", HttpStatusCode.NoContent, producer: 2);
        await SendAsync(HttpMethod.Post, url, "a", "event 3;", HttpStatusCode.OK, producer: 3);
        Assert.Equal("event 3;", await _http.GetStringAsync(new Uri(url, $"/v1/stream/a?offset={saved[2]}"), Cancellation));
        await SendAsync(HttpMethod.Delete, url, "a", null, HttpStatusCode.NoContent);
        await SendAsync(HttpMethod.Get, url, "a", null, HttpStatusCode.Gone);
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri url, string stream, string? body, HttpStatusCode expected, int? producer = null, string? forkOf = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(url, $"/v1/stream/{stream}"));
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "text/plain");
        if (producer is { } sequence)
        {
            request.Headers.Add("Producer-Id", "p");
            request.Headers.Add("Producer-Epoch", "0");
            request.Headers.Add("Producer-Seq", $"{sequence}");
        }

        if (forkOf is not null)
        {
            request.Headers.Add("Stream-Forked-From", forkOf);
        }
        else if (method == HttpMethod.Put)
        {
            request.Content = new StringContent("", Encoding.UTF8, "text/plain");
        }

        var answer = await _http.SendAsync(request, Cancellation);
        Assert.True(
            expected == answer.StatusCode,
            $"{method} {stream}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)}");
        return answer;
    }
}
