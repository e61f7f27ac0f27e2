using System.Text;
using System.Text.RegularExpressions;
using EventCluster.EndToEnd.Tests.Http;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;
using EventCluster.TestKit.Subscribers;
using Microsoft.AspNetCore.Http.Connections;
using Xunit;

namespace EventCluster.EndToEnd.Tests.LostHistory;

/// <summary>A backup is restored under clients that saw more than it holds.</summary>
public sealed class RestoredBackupTests
{
    private const string Json = "application/json";
    private const string Stream = "s";
    private const string Companion = "companion";

    private static readonly ISubscriberClient[] Clients =
    [
        new EventSourceClient(), new DurableSseClient(), new WebSocketClient(), new WebSocketClient(companion: Companion),
        new CompositeClient(Companion), new SignalRClient(HttpTransportType.WebSockets),
        new SignalRClient(HttpTransportType.ServerSentEvents), new SignalRClient(HttpTransportType.LongPolling),
        new PollClient(isLong: true), new PollClient(isLong: false),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Goal: on every transport a client that is ahead of the backup hears of the gap and goes on where the histories part, never
    /// again from the earliest event. Method: real servers; each client follows past the backup, then comes to the restored server
    /// with what its transport gave it to resume with, once before the new history has events and once after it has grown past the
    /// client's position.
    /// </summary>
    [Fact]
    public async Task Follow_ClientIsAheadOfTheBackup_GoesOnWhereTheHistoriesPart()
    {
        var backup = Directory.CreateTempSubdirectory("eventcluster-backup-").FullName;
        try
        {
            var copy = Path.Combine(backup, "copy");
            var (parting, lost, tokens) = await FollowPastABackupAsync(copy);
            await using var restored = await ServerProcess.StartAsync(copy, ["--restored"], Token);
            using var publisher = new StreamClient(restored.Url);
            string[] added = [];
            foreach (var more in (string[][])[[], ["new-3", "new-4", "new-5"]])
            {
                added = [.. added, .. more];
                foreach (var text in more)
                {
                    await publisher.AppendAsync(Stream, Json, $"[\"{text}\"]", Token);
                }

                foreach (var (client, token) in tokens)
                {
                    await AssertGoesOnAsync(client, token, restored.Url, publisher, parting, lost, added);
                }
            }
        }
        finally
        {
            Directory.Delete(backup, recursive: true);
        }
    }

    private static async Task<(StreamOffset Parting, StreamOffset Lost, List<(ISubscriberClient Client, string Token)> Tokens)>
        FollowPastABackupAsync(string copy)
    {
        await using var server = await ServerProcess.StartAsync(Token);
        using var publisher = new StreamClient(server.Url);
        await publisher.CreateAsync(Companion, "text/plain", "companion", Token);
        await publisher.CreateAsync(Stream, Json, null, Token);
        var parting = await publisher.AppendAsync(Stream, Json, "[\"kept-1\",\"kept-2\"]", Token);
        var run = await ServerProcess.RunAsync(
            Token, "--urls", server.Url.ToString().TrimEnd('/'), "--data", server.DataPath, "--backup", copy);
        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        var lost = await publisher.AppendAsync(Stream, Json, "[\"lost-3\",\"lost-4\"]", Token);
        List<(ISubscriberClient, string)> tokens = [];
        foreach (var client in Clients)
        {
            await using var follower = new Follower(client, new SubscribeRequest(server.Url, Stream, PayloadKind.Json), Token);
            await follower.EventsToAsync(lost);
            tokens.Add((client, follower.Token!));
        }

        return (parting, lost, tokens);
    }

    private static async Task AssertGoesOnAsync(
        ISubscriberClient client, string token, Uri server, StreamClient publisher, StreamOffset parting, StreamOffset lost, string[] added)
    {
        var request = new SubscribeRequest(server, Stream, PayloadKind.Json) { Start = SubscribeStart.Resume(token) };
        var follower = new Follower(client, request, Token);
        var gap = await follower.ExpectAsync<Sighting.Gap>();
        Assert.Equal((client.Name, "recreated", lost), (client.Name, gap.Reason, gap.Requested));
        if (client.Traits.HasFlag(SubscriberTraits.GapEndsIt))
        {
            // Its answer was a 410; the body says where to begin again.
            await follower.DisposeAsync();
            var query = client switch
            {
                DurableSseClient => "&live=sse",
                _ when client.Traits.HasFlag(SubscriberTraits.Waits) => "&live=long-poll",
                _ => "",
            };
            var answer = await publisher.ReadAsync(Stream, lost, Token, query);
            Assert.Equal((410, parting.ToString()), (answer.Status, answer.Member("offset")));
            follower = new Follower(client, request with { Start = SubscribeStart.At(parting) }, Token);
        }
        else
        {
            Assert.Equal((client.Name, parting), (client.Name, gap.ContinuedFrom));
        }

        await using (follower)
        {
            // Each client brings an event of its own, so that there is one to see even while the new history has none.
            var last = await publisher.AppendAsync(Stream, Json, "[\"new\"]", Token);
            var seen = string.Concat((await follower.EventsToAsync(last)).Select(e => Encoding.UTF8.GetString(e.Payload.Span)));
            Assert.DoesNotContain("kept", seen, StringComparison.Ordinal);
            Assert.DoesNotContain("lost", seen, StringComparison.Ordinal);
            Assert.EndsWith("\"new\"", seen.TrimEnd(']'), StringComparison.Ordinal);
            foreach (var text in added)
            {
                Assert.Single(Regex.Matches(seen, text));
            }
        }
    }
}
