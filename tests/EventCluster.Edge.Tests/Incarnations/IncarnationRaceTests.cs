using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Tests.Feeds;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Incarnations;

/// <summary>A stream is deleted and created again, and a client connects in the same moment; nothing is held back.</summary>
public sealed class IncarnationRaceTests(ITestOutputHelper output)
{
    /// <summary>Rounds of each of the clients that run side by side.</summary>
    private const int Rounds = 4;

    private static readonly StreamContentType Text = StreamContentType.Parse("text/plain");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A different edge deletes and creates again, and a client connects here at once.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    public async Task Connect_StreamWasJustCreatedAgainElsewhere_SeesTheNewIncarnationOnly(int parallel)
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        var (rounds, wrong) = (0, 0);
        string? sample = null;
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                var name = $"s{n}-{i}";
                var stream = server.Directory.GetStream(TestData.Name(name));
                await stream.CreateAsync(new CreateRequest { ContentType = Text }, Token);
                using var old = await FollowAsync(server, name);
                for (var e = 0; e < 10; e++)
                {
                    await FeedFixture.AppendAsync(stream, $"<old{e}>");
                }

                await old.ReadUntilAsync("<old9>\n\n");
                using var fresh = await RawConnection.OpenAsync(server.Port);
                await stream.DeleteAsync(Token);
                await stream.CreateAsync(new CreateRequest { ContentType = Text, Events = TestData.Payloads("<new0>") }, Token);
                await fresh.WriteRequestAsync("GET", $"/v1/stream/{name}", null, "Accept: text/event-stream");
                var seen = await SeenAsync(fresh, stream);
                Interlocked.Increment(ref rounds);
                if (seen.Contains("<old", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref wrong);
                    sample = seen;
                }
            }
        })));
        output.WriteLine($"rounds {rounds}, wrong {wrong}\n{sample}");
        Assert.Equal(parallel * Rounds, rounds);
        Assert.Equal(0, wrong);
    }

    /// <summary>All through this edge: one client deletes, or the stream expires; a second one creates as soon as it can and connects.</summary>
    [Theory]
    [InlineData(64, false)]
    [InlineData(64, true)]
    public async Task Connect_StreamWasJustCreatedAgainHere_SeesTheNewIncarnationOnly(int parallel, bool expires)
    {
        await using var server = await EdgeServer.StartAsync(clock: TimeProvider.System);
        var (rounds, wrong) = (0, 0);
        string? sample = null;
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                if (await RoundAsync(server, $"s{n}-{i}", expires) is not { } seen)
                {
                    continue;
                }

                Interlocked.Increment(ref rounds);
                if (seen.Contains("<old", StringComparison.Ordinal))
                {
                    Interlocked.Increment(ref wrong);
                    sample = seen;
                }
            }
        })));
        output.WriteLine($"rounds {rounds}, wrong {wrong}\n{sample}");
        Assert.Equal(0, wrong);
    }

    /// <summary>What the second client saw; null when a stream of a busy machine expired before its reader had everything.</summary>
    private static async Task<string?> RoundAsync(EdgeServer server, string name, bool expires)
    {
        var stream = server.Directory.GetStream(TestData.Name(name));
        await stream.CreateAsync(
            new CreateRequest { ContentType = Text, ExpiresAt = expires ? TimeProvider.System.GetUtcNow().AddMilliseconds(400) : null }, Token);
        using var old = await RawConnection.OpenAsync(server.Port);
        try
        {
            await old.WriteRequestAsync("GET", $"/v1/stream/{name}", null, "Accept: text/event-stream");
            if ((await old.ReadHeadAsync()).Status != 200)
            {
                // It expired before its reader came.
                Assert.True(expires);
                return null;
            }

            await old.ReadUntilAsync("\n\n");
            for (var e = 0; e < 10; e++)
            {
                if (await stream.AppendAsync(new AppendRequest { Events = TestData.Payloads($"<old{e}>") }, Token) is not AppendOutcome.Appended)
                {
                    return null;
                }
            }

            await old.ReadUntilAsync("<old9>\n\n");
        }
        catch (Exception e) when (expires && e is InvalidOperationException or EndOfStreamException or FormatException)
        {
            return null;
        }

        using var fresh = await RawConnection.OpenAsync(server.Port);
        using var maker = await RawConnection.OpenAsync(server.Port);
        using var deleter = await RawConnection.OpenAsync(server.Port);
        var deleting = expires ? Task.CompletedTask : deleter.SendAsync("DELETE", $"/v1/stream/{name}", null);
        while ((await maker.SendAsync("PUT", $"/v1/stream/{name}", Encoding.UTF8.GetBytes("<new0>"), ["Content-Type: text/plain"])).Status != 201)
        {
        }

        await fresh.WriteRequestAsync("GET", $"/v1/stream/{name}", null, "Accept: text/event-stream");
        await deleting;
        return await SeenAsync(fresh, stream);
    }

    private static async Task<RawConnection> FollowAsync(EdgeServer server, string name)
    {
        var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync("GET", $"/v1/stream/{name}", null, "Accept: text/event-stream");
        await connection.ReadHeadAsync();
        await connection.ReadUntilAsync("\n\n");
        return connection;
    }

    private static async Task<string> SeenAsync(RawConnection fresh, IStreamHandle stream)
    {
        await fresh.ReadHeadAsync();
        var seen = await fresh.ReadUntilAsync("<new0>\n\n");
        await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Token);
        await stream.AppendAsync(new AppendRequest { Events = TestData.Payloads("<new1>") }, Token);
        return seen + await fresh.ReadUntilAsync("<new1>\n\n");
    }
}
