using EventCluster.Edge.Live;
using EventCluster.Edge.Tests.Server;

namespace EventCluster.Edge.Tests.Live;

public sealed class AnswerBudgetTests
{
    [Fact]
    public void TryTake_AtTheLimitAndOneAbove_TakesAllOrNothing()
    {
        var budget = new AnswerBudget(maxBytes: 10);
        Assert.True(budget.TryTake(4));
        Assert.False(budget.TryTake(7));
        Assert.Equal(4, budget.Taken);
        Assert.True(budget.TryTake(6));
        budget.GiveBack(10);
        Assert.Equal(0, budget.Taken);
    }

    [Theory]
    [InlineData("?offset=-1")]
    [InlineData("?offset=-1&live=long-poll")]
    public async Task Get_LongAnswerBeyondTheBudget_Is503UntilThereIsRoom(string query)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("long", "text/plain", new string('x', EdgeLimits.AnswerFlushBytes + 1));
        await server.CreateAsync("short", "text/plain", new string('x', EdgeLimits.AnswerFlushBytes));
        Assert.True(server.Answers.TryTake(EdgeLimits.MaxUnreadAnswerBytes - EdgeLimits.AnswerFlushBytes));

        var refused = await server.SendAsync("GET", "/v1/stream/long" + query);
        Assert.Equal((503, "no-store"), (refused.Status, refused["Cache-Control"]));
        Assert.Contains("\"overloaded\"", refused.Text, StringComparison.Ordinal);
        Assert.NotNull(refused.Find("Retry-After"));
        Assert.Equal(200, (await server.SendAsync("GET", "/v1/stream/short" + query)).Status);

        server.Answers.GiveBack(EdgeLimits.AnswerFlushBytes);
        Assert.Equal(200, (await server.SendAsync("GET", "/v1/stream/long" + query)).Status);
        server.Answers.GiveBack(EdgeLimits.MaxUnreadAnswerBytes - (2 * EdgeLimits.AnswerFlushBytes));
        Assert.Equal(0, server.Answers.Taken);
    }
}
