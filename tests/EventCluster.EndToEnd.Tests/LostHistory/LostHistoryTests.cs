using EventCluster.EndToEnd.Tests.Http;
using EventCluster.Protocol;
using EventCluster.TestKit.Servers;
using Xunit;

namespace EventCluster.EndToEnd.Tests.LostHistory;

/// <summary>
/// Goal: an offset of a lost history is never served silently. Method: for each way to lose a history, take an offset in
/// it, grow the new history past that sequence with other events, and ask for the old offset on GET and EventSource.
/// </summary>
public sealed class LostHistoryTests
{
    private const string Json = "application/json";
    private const string Text = "text/plain";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_ForkDeletedAndForkedAgain_SaysGap()
    {
        await using var server = await ServerProcess.StartAsync(Token);
        using var client = new StreamClient(server.Url);
        await client.CreateAsync("source", Json, null, Token);
        var forkPoint = await client.AppendAsync("source", Json, "[1,2,3]", Token);
        (string, string)[] fork = [(HeaderNames.ForkedFrom, "/v1/stream/source"), (HeaderNames.ForkOffset, forkPoint.ToString())];
        await client.CreateAsync("fork", Json, null, Token, fork);
        var lost = await client.AppendAsync("fork", Json, "[\"lost-4\",\"lost-5\"]", Token);

        await client.DeleteAsync("fork", Token);
        await client.CreateAsync("fork", Json, null, Token, fork);
        await client.AppendAsync("fork", Json, "[\"new-4\",\"new-5\",\"new-6\"]", Token);

        await AssertLostAsync(client, "fork", lost);
        Assert.Equal("[\"new-4\",\"new-5\",\"new-6\"]", (await client.ReadAsync("fork", forkPoint, Token)).Body);
    }

    [Fact]
    public async Task Read_StreamDeletedAndCreatedAgain_SaysGap()
    {
        await using var server = await ServerProcess.StartAsync(Token);
        using var client = new StreamClient(server.Url);
        await client.CreateAsync("again", Json, null, Token);
        var lost = await client.AppendAsync("again", Json, "[\"lost-1\",\"lost-2\"]", Token);
        await client.DeleteAsync("again", Token);
        await client.CreateAsync("again", Json, "[\"new-1\",\"new-2\",\"new-3\"]", Token);
        await AssertLostAsync(client, "again", lost);

        // The counter that makes histories differ must survive a restart too.
        await server.KillAsync();
        await server.RestartAsync([], Token);
        await client.DeleteAsync("again", Token);
        var third = await client.CreateAsync("again", Json, "[\"third\"]", Token);
        Assert.True(third.Incarnation > lost.Incarnation);
        await AssertLostAsync(client, "again", lost);
    }

    [Fact]
    public async Task Read_SourceOffsetBehindAPartialEvent_SaysGap()
    {
        await using var server = await ServerProcess.StartAsync(Token);
        using var client = new StreamClient(server.Url);
        await client.CreateAsync("whole", Text, null, Token);
        var afterWhole = await client.AppendAsync("whole", Text, "abcdef", Token);
        await client.CreateAsync("part", Text, null, Token, (HeaderNames.ForkedFrom, "/v1/stream/whole"),
            (HeaderNames.ForkOffset, "-1"), (HeaderNames.ForkSubOffset, "3"));
        await client.AppendAsync("part", Text, "XYZ", Token);

        Assert.Equal("abcXYZ", (await client.ReadAsync("part", null, Token)).Body);
        await AssertLostAsync(client, "part", afterWhole);
    }

    [Fact]
    public async Task Read_OffsetNewerThanARestoredBackup_SaysGap()
    {
        var backup = Directory.CreateTempSubdirectory("eventcluster-backup-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(Token);
            using var client = new StreamClient(server.Url);
            await client.CreateAsync("kept", Json, null, Token);
            var kept = await client.AppendAsync("kept", Json, "[1,2]", Token);
            var copy = Path.Combine(backup, "copy");
            var run = await ServerProcess.RunAsync(
                Token, "--urls", server.Url.ToString().TrimEnd('/'), "--data", server.DataPath, "--backup", copy);
            Assert.True(run.ExitCode == 0, run.Output + run.Error);
            var lost = await client.AppendAsync("kept", Json, "[\"lost-3\",\"lost-4\"]", Token);

            await using var restored = await ServerProcess.StartAsync(copy, ["--restored"], Token);
            using var other = new StreamClient(restored.Url);
            Assert.Equal("[1,2]", (await other.ReadAsync("kept", null, Token)).Body);
            await other.AppendAsync("kept", Json, "[\"new-3\",\"new-4\",\"new-5\"]", Token);
            await AssertLostAsync(other, "kept", lost);
            Assert.Equal("[\"new-3\",\"new-4\",\"new-5\"]", (await other.ReadAsync("kept", kept, Token)).Body);
        }
        finally
        {
            Directory.Delete(backup, recursive: true);
        }
    }

    [Fact]
    public async Task Read_OffsetLostToDamageAndSalvage_SaysGap()
    {
        var salvage = Directory.CreateTempSubdirectory("eventcluster-salvage-").FullName;
        try
        {
            await using var server = await ServerProcess.StartAsync(Token);
            using var client = new StreamClient(server.Url);
            await client.CreateAsync("hurt", Json, null, Token);
            var kept = await client.AppendAsync("hurt", Json, "[1,2]", Token);
            var lost = await client.AppendAsync("hurt", Json, "[\"lost-3-marker\",\"lost-4\"]", Token);
            var holed = await client.CreateAsync("holed", Json, "[\"before\"]", Token);
            await client.AppendAsync("holed", Json, "[\"holed-marker\"]", Token);
            await client.AppendAsync("holed", Json, "[\"behind\"]", Token);
            await client.CreateAsync("neighbour", Json, "[\"whole\"]", Token);
            Assert.Equal(0, await server.TerminateAsync());
            DataDamage.Flip(server.DataPath, "lost-3-marker");
            DataDamage.Flip(server.DataPath, "holed-marker");

            var refused = await ServerProcess.RunAsync(
                Token, "--urls", server.Url.ToString().TrimEnd('/'), "--data", server.DataPath);
            Assert.Equal(2, refused.ExitCode);
            Assert.Contains("damaged", refused.Error, StringComparison.Ordinal);
            Assert.Contains("--salvage", refused.Error, StringComparison.Ordinal);

            var target = Path.Combine(salvage, "copy");
            var run = await ServerProcess.RunAsync(Token, "--salvage", server.DataPath, target);
            Assert.True(run.ExitCode == 0, run.Output + run.Error);
            Assert.Contains("holed", run.Output, StringComparison.Ordinal);

            await using var salvaged = await ServerProcess.StartAsync(target, [], Token);
            using var other = new StreamClient(salvaged.Url);
            Assert.Equal("[1,2]", (await other.ReadAsync("hurt", null, Token)).Body);
            Assert.Equal("[\"whole\"]", (await other.ReadAsync("neighbour", null, Token)).Body);
            var gap = await other.ReadAsync("holed", holed, Token);
            Assert.Equal((410, "unknown"), (gap.Status, gap.Member("reason")));
            await other.AppendAsync("hurt", Json, "[\"new-3\",\"new-4\",\"new-5\"]", Token);
            await AssertLostAsync(other, "hurt", lost);
            Assert.Equal("[\"new-3\",\"new-4\",\"new-5\"]", (await other.ReadAsync("hurt", kept, Token)).Body);
        }
        finally
        {
            Directory.Delete(salvage, recursive: true);
        }
    }

    private static async Task AssertLostAsync(StreamClient client, string name, StreamOffset lost)
    {
        foreach (var query in new[] { "", "&live=long-poll", "&live=sse" })
        {
            var answer = await client.ReadAsync(name, lost, Token, query);
            Assert.True(answer.Status == 410, $"GET{query} from {lost} answered {answer.Status}: {answer.Body}");
            Assert.Equal("gap", answer.Member("code"));
            Assert.Equal("recreated", answer.Member("reason"));
            Assert.Equal(lost.ToString(), answer.Member("requested"));
        }

        using var events = await client.OpenEventSourceAsync(name, lost, Token);
        var first = await events.NextAsync(Token);
        Assert.NotNull(first);
        Assert.Equal("gap", first.Type);
        Assert.Contains("recreated", first.Data, StringComparison.Ordinal);
    }
}
