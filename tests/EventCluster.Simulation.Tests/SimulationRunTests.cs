using Xunit;

namespace EventCluster.Simulation.Tests;

public sealed class SimulationRunTests
{
    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void Run_SameSeedTwice_GivesTheSameTraceAndOtherSeedsAnother(int seed, bool inMemory)
    {
        var (first, second, other) = (Run(seed), Run(seed), Run(seed + 1));

        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.Line, second.Line);
        Assert.NotEqual(first.Text, other.Text);

        (string Text, string Line) Run(int with)
        {
            using var text = new StringWriter();
            using var run = new SimulationRun(new() { Seed = with, Steps = 500, InMemory = inMemory, TraceTo = text });
            var line = run.Run().ToString();
            return (text.ToString(), line);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Run_InMemory_BreaksNoPromise(int seed)
    {
        using var run = new SimulationRun(new() { Seed = seed, InMemory = true });

        Assert.Empty(run.Run().Violations);
    }

    /// <summary>Goal: the checkers are themselves checked. A device that acknowledges flushes and loses them must be found out.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Run_OnADeviceThatSkipsFlushes_IsFoundOut(int seed)
    {
        using var run = new SimulationRun(new() { Seed = seed, SkipFlush = true });

        Assert.NotEmpty(run.Run().Violations);
    }
}
