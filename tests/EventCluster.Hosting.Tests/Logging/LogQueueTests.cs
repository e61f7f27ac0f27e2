using EventCluster.Hosting.Logging;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Hosting.Tests.Logging;

/// <summary>Nobody who logs waits for the output, whatever the output does; every line is written or counted.</summary>
public sealed class LogQueueTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10, 100)]
    [InlineData(LogQueue.MaxLines + 5_000, 20)]
    [InlineData(200, LogQueue.MaxCharacters / 50)]
    public async Task Add_OutputTakesNothing_KeepsABoundAndSaysHowManyWereDropped(int lines, int length)
    {
        var output = new GatedStream();
        using var queue = new LogQueue(output, static dropped => $"dropped {dropped}\n", static () => { });
        var line = new string('x', length - 1) + "\n";
        for (var i = 0; i < lines; i++)
        {
            queue.Add(line);
        }

        var dropped = queue.Dropped;
        var most = Math.Min(LogQueue.MaxLines, LogQueue.MaxCharacters / length) + 1;
        Assert.InRange(lines - dropped, Math.Min(lines, most - 1), most);
        output.Open();
        var expected = dropped == 0 ? "" : $"dropped {dropped}\n";
        await Phase.UntilAsync(
            "everything else is written", () => output.Text.Length == ((lines - dropped) * length) + expected.Length, Token);
        Assert.Contains(expected, output.Text, StringComparison.Ordinal);
        Assert.Equal(0, queue.Dropped);
    }

    [Fact]
    public async Task Dispose_OutputTakesNothing_Ends()
    {
        var output = new GatedStream();
        var queue = new LogQueue(output, static dropped => $"dropped {dropped}\n", static () => { });
        queue.Add("a line\n");
        await Phase.OfAsync("the queue ends", Task.Run(queue.Dispose, Token));
        Assert.Null(queue.Fault);
        output.Open();
    }

    [Fact]
    public void Dispose_OutputTakesEverything_WritesWhatWaits()
    {
        var output = new GatedStream();
        output.Open();
        var queue = new LogQueue(output, static dropped => $"dropped {dropped}\n", static () => { });
        for (var i = 0; i < 100; i++)
        {
            queue.Add($"{i}\n");
        }

        queue.Dispose();
        Assert.Equal(string.Concat(Enumerable.Range(0, 100).Select(static i => $"{i}\n")), output.Text);
    }

    [Fact]
    public async Task Add_OutputFailsForAWhile_GoesOnAndCountsWhatWasLost()
    {
        var output = new GatedStream { Fails = true };
        output.Open();
        using var queue = new LogQueue(output, static dropped => $"dropped {dropped}\n", static () => { });
        queue.Add("lost\n");
        await Phase.UntilAsync("the line is lost", () => queue.Dropped > 0, Token);
        output.Fails = false;
        queue.Add("kept\n");
        await Phase.UntilAsync("the next line is written", () => output.Text.Contains("kept\n", StringComparison.Ordinal), Token);
        Assert.Matches("^dropped [0-9]+\n", output.Text);
        Assert.DoesNotContain("lost", output.Text, StringComparison.Ordinal);
        Assert.Null(queue.Fault);
    }
}
