using System.Text.Json;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Logging;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Xunit;

namespace EventCluster.Hosting.Tests.Logging;

/// <summary>How much a kind of line may write, in both forms.</summary>
public sealed class QueueLoggerTests : IAsyncLifetime
{
    private readonly GatedStream _output = new();
    private readonly VirtualTimeProvider _clock = new();
    private readonly ServiceProvider _services;

    public QueueLoggerTests()
    {
        var services = new ServiceCollection();
        services.AddLogging(static logging => logging.AddJsonConsole().AddSimpleConsole(static console => console.SingleLine = true));
        _services = services.BuildServiceProvider();
        _output.Open();
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>
    /// A flood of one kind of line is written a few times at once and then once a second; what was left out is said, and
    /// other kinds are not touched. Details that somebody asked for are not thinned out.
    /// </summary>
    [Theory]
    [InlineData(LogFormat.Console, LogLevel.Information)]
    [InlineData(LogFormat.Json, LogLevel.Warning)]
    [InlineData(LogFormat.Json, LogLevel.Error)]
    [InlineData(LogFormat.Json, LogLevel.Debug)]
    public void Log_FloodOfOneKind_IsBoundedAndCounted(LogFormat format, LogLevel level)
    {
        const int Flood = 1_000;
        var isThinned = level >= LogLevel.Information;
        var lines = Write(format, provider =>
        {
            var logger = provider.CreateLogger("Flood");
            for (var i = 0; i < Flood; i++)
            {
                logger.Log(level, new EventId(7), "flood", null, static (text, _) => text);
            }

            logger.Log(level, new EventId(8), "other", null, static (text, _) => text);
            _clock.Advance(LogRate.Interval);
            logger.Log(level, new EventId(7), "flood", null, static (text, _) => text);
        });
        Assert.Equal(isThinned ? LogRate.Burst + 1 : Flood + 1, lines.Count(static line => line.Contains("flood", StringComparison.Ordinal)));
        Assert.Single(lines, static line => line.Contains("other", StringComparison.Ordinal));
        if (isThinned)
        {
            Assert.Single(lines, line => line.Contains($"{Flood - LogRate.Burst} more lines of event 7 of Flood", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(LogFormat.Console)]
    [InlineData(LogFormat.Json)]
    public void Log_SameFaultAgain_WritesItsStackTraceOnceAnHour(LogFormat format)
    {
        var lines = Write(format, provider =>
        {
            var logger = provider.CreateLogger("Faults");
            for (var i = 0; i < 3; i++)
            {
                LogFault(logger);
            }

            _clock.Advance(LogRate.TraceInterval);
            LogFault(logger);
        });
        Assert.Equal(4, lines.Length);
        Assert.Equal(
            [true, false, false, true],
            lines.Select(static line => line.Contains(nameof(LogFault), StringComparison.Ordinal) && !line.Contains("see an earlier line", StringComparison.Ordinal)));
        Assert.All(lines.Skip(1).Take(2), static line => Assert.InRange(line.Length, 1, 1_000));
    }

    /// <summary>What clients cause by what they send is a warning in one line, then one a minute with a count, however it was logged.</summary>
    [Theory]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Http2", 60, "Http2ConnectionQueueOperationsExceeded", LogLevel.Critical)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Http2", 61, "Http2UnexpectedDataRemaining", LogLevel.Critical)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Http2", 62, "Http2ConnectionQueueOperationsExceeded", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Connections", 24, "ConnectionRejected", LogLevel.Warning)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.BadRequests", 17, "ConnectionBadRequest", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Https.Internal.HttpsConnectionMiddleware", 1, "AuthenticationFailed", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets", 14, "ConnectionError", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", 0, null, LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", 0, null, LogLevel.Warning)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", 23, "ApplicationNeverCompleted", LogLevel.Critical)]
    [InlineData("Microsoft.AspNetCore.SignalR.HubConnectionContext", 6, "FailedWritingMessage", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.SignalR.HubConnectionHandler", 2, "ErrorProcessingRequest", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", 5, "ReceivedInvalidMessage", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.Http.Connections.Internal.HttpConnectionDispatcher", 9, "FailedToReadHttpRequestBody", LogLevel.Error)]
    [InlineData("Microsoft.AspNetCore.Http.Connections.Internal.Transports.WebSocketsTransport", 13, "ErrorWritingFrame", LogLevel.Error)]
    public void Log_FloodThatClientsCause_IsAWarningInOneLineAndCounted(string category, int id, string? name, LogLevel level)
    {
        const int Flood = 1_000;
        var lines = Write(LogFormat.Console, provider =>
        {
            var logger = provider.CreateLogger(category);
            for (var i = 0; i < Flood; i++)
            {
                LogFault(logger, level, new EventId(id, name));
            }

            _clock.Advance(LogRate.ClientInterval / 2);
            LogFault(logger, level, new EventId(id, name));
            _clock.Advance(LogRate.ClientInterval / 2);
            LogFault(logger, level, new EventId(id, name));
        });

        Assert.Equal(3, lines.Length);
        Assert.All(lines, static line => Assert.StartsWith("warn: ", line, StringComparison.Ordinal));
        Assert.All(lines, static line => Assert.InRange(line.Length, 1, 1_000));
        Assert.All(lines, static line => Assert.DoesNotContain(nameof(LogFault), line, StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains($" {Flood} more lines of event {id} of {category} were left out", StringComparison.Ordinal));
        Assert.Equal(2, lines.Count(static line => line.Contains("InvalidOperationException: boom", StringComparison.Ordinal)));
    }

    /// <summary>What is a fault of the server keeps its level and its stack trace, though it stands in the same categories.</summary>
    [Theory]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", 13, "ApplicationError", LogLevel.Error, "fail: ")]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", 0, null, LogLevel.Critical, "crit: ")]
    [InlineData("Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher", 2, "FailedInvokingHubMethod", LogLevel.Error, "fail: ")]
    [InlineData("Microsoft.AspNetCore.SignalR.HubConnectionHandler", 1, "ErrorDispatchingHubEvent", LogLevel.Error, "fail: ")]
    [InlineData("EventCluster.Edge.Sessions.SessionLoop", 1, "Any", LogLevel.Error, "fail: ")]
    public void Log_FaultOfTheServer_KeepsItsLevelAndTrace(string category, int id, string? name, LogLevel level, string shown)
    {
        var line = Assert.Single(Write(LogFormat.Console, provider => LogFault(provider.CreateLogger(category), level, new EventId(id, name))));

        Assert.StartsWith(shown, line, StringComparison.Ordinal);
        Assert.Contains(nameof(LogFault), line, StringComparison.Ordinal);
    }

    [Fact]
    public void Log_FaultWithALongText_IsCut()
    {
        var lines = Write(LogFormat.Json, static provider =>
            provider.CreateLogger("Faults").LogError(new InvalidOperationException(new string('x', 100_000)), "failed"));
        Assert.InRange(Assert.Single(lines).Length, 1, 2 * BriefException.MaxCharacters);
    }

    [Fact]
    public void Level_IsChanged_FiltersFollow()
    {
        var level = new LogLevelSwitch(LogLevel.Warning);
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<Microsoft.Extensions.Options.IConfigureOptions<LoggerFilterOptions>>(level);
        services.AddSingleton<Microsoft.Extensions.Options.IOptionsChangeTokenSource<LoggerFilterOptions>>(level);
        services.AddSingleton<ILoggerProvider>(NewProvider(LogFormat.Json));
        using var provider = services.BuildServiceProvider();
        var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Any");
        foreach (var next in new[] { LogLevel.Debug, LogLevel.Error, LogLevel.Information, LogLevel.Warning })
        {
            level.Level = next;
            Assert.True(logger.IsEnabled(next));
            Assert.False(logger.IsEnabled(next - 1));
        }
    }

    private static void LogFault(ILogger logger) => LogFault(logger, LogLevel.Error, new EventId(9));

    private static void LogFault(ILogger logger, LogLevel level, EventId id)
    {
        try
        {
            throw new InvalidOperationException("boom");
        }
        catch (InvalidOperationException e)
        {
            logger.Log(level, id, e, "failed");
        }
    }

    private string[] Write(LogFormat format, Action<QueueLoggerProvider> write)
    {
        using (var provider = NewProvider(format))
        {
            write(provider);
        }

        var lines = _output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (format == LogFormat.Json)
        {
            Assert.All(lines, static line => JsonDocument.Parse(line).Dispose());
        }

        return lines;
    }

    private QueueLoggerProvider NewProvider(LogFormat format) =>
        new(_services.GetServices<ConsoleFormatter>(), format, _output, _clock);
}
