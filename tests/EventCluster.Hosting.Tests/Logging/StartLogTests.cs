using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Logging;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Xunit;

namespace EventCluster.Hosting.Tests.Logging;

/// <summary>What libraries say while a node starts.</summary>
public sealed class StartLogTests : IDisposable
{
    private readonly GatedStream _output = new();
    private readonly VirtualTimeProvider _clock = new();

    /// <summary>Goal: a refused start shows what this program says and nothing of its libraries; others show all, in their order.</summary>
    [Theory]
    [InlineData(null, new[] { "own", "later" })]
    [InlineData(false, new[] { "own", "later" })]
    [InlineData(true, new[] { "own", "library 1", "library 2", "library 3", "later" })]
    public void Lines_OfLibraries_WaitUntilTheStartIsDecided(bool? isReleased, string[] expected)
    {
        var lines = Write((own, library, start) =>
        {
            library.LogWarning("library {Number}", 1);
            own.LogWarning("own");
            library.LogError("library {Number}", 2);
            if (isReleased is true)
            {
                start.Release();
            }
            else if (isReleased is false)
            {
                start.Refuse();
                _clock.Advance(2 * StartLog.LongestWait);
            }

            library.LogWarning("library {Number}", 3);
            start.ReleaseIfLate();
            own.LogWarning("later");
        });

        Assert.Equal(expected, lines);
    }

    /// <summary>Goal: whoever looks at a start that hangs sees why. Method: time passes, with and without a further line.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Lines_OfAStartThatTakesLong_AreWritten(bool saysMore)
    {
        var lines = Write((_, library, start) =>
        {
            library.LogWarning("early");
            _clock.Advance(StartLog.LongestWait + TimeSpan.FromSeconds(1));
            if (saysMore)
            {
                library.LogWarning("late");
            }
            else
            {
                start.ReleaseIfLate();
            }
        });

        Assert.Equal(saysMore ? ["early", "late"] : (string[])["early"], lines);
    }

    /// <summary>Goal: what waits is bounded.</summary>
    [Fact]
    public void Lines_MoreThanMayWait_AreWritten()
    {
        var lines = Write((_, library, _) =>
        {
            for (var i = 0; i <= StartLog.MaxLines; i++)
            {
                // Each a kind of its own, so that its rate does not thin it out.
                library.LogWarning(new EventId(i + 1), "library {Number}", i);
            }
        });

        Assert.Equal(Enumerable.Range(0, StartLog.MaxLines + 1).Select(static i => $"library {i}"), lines);
    }

    public void Dispose() => _output.Dispose();

    private string[] Write(Action<ILogger, ILogger, StartLog> write)
    {
        _output.Open();
        using var services = new ServiceCollection()
            .AddLogging(static logging => logging.AddSimpleConsole(static console => console.SingleLine = true)).BuildServiceProvider();
        var start = new StartLog(["Library"], _clock);
        using (var provider = new QueueLoggerProvider(services.GetServices<ConsoleFormatter>(), LogFormat.Console, _output, _clock, start))
        {
            write(provider.CreateLogger("EventCluster.Own"), provider.CreateLogger("Library.Part"), start);
        }

        return [.. _output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line[(line.IndexOf("] ", StringComparison.Ordinal) + 2)..])];
    }
}
