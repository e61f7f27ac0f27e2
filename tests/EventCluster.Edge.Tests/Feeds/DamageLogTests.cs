using EventCluster.Abstractions.Store;
using EventCluster.Delivery.Reading;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Tests.Feeds;

/// <summary>Damage is one line per place and hour, however often and on whichever transport it is met.</summary>
public sealed class DamageLogTests
{
    private readonly VirtualTimeProvider _clock = new();
    private readonly Lines _lines = new();

    [Fact]
    public void TryReport_SamePlaceAgain_IsOneLineAnHourWithoutAStackTrace()
    {
        var log = new DamageLog(_clock);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(log.TryReport(_lines, Thrown("a: block at byte 64")));
            Assert.True(log.TryReport(_lines, Thrown("b: block at byte 64")));
        }

        Assert.Equal(2, _lines.Texts.Count);
        _clock.Advance(DamageLog.Every);
        log.TryReport(_lines, Thrown("a: block at byte 64"));
        Assert.Equal(3, _lines.Texts.Count);
        Assert.All(_lines.Texts, text => Assert.DoesNotContain('\n', text));
        Assert.All(_lines.Texts, text => Assert.Contains("block at byte 64", text, StringComparison.Ordinal));
    }

    [Fact]
    public void TryReport_OtherFault_IsLeftToItsCaller()
    {
        Assert.False(new DamageLog(_clock).TryReport(_lines, new IOException("no damage")));
        Assert.Empty(_lines.Texts);
    }

    private static LogDamagedException Thrown(string message)
    {
        try
        {
            throw new LogDamagedException(message);
        }
        catch (LogDamagedException e)
        {
            return e;
        }
    }

    private sealed class Lines : ILogger
    {
        public List<string> Texts { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Texts.Add($"{formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
    }
}
