using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Hosting.Logging;

/// <summary>The log of one category. It never throws and never waits.</summary>
internal sealed class QueueLogger(string category, QueueLoggerProvider provider, TimeProvider time) : ILogger
{
    /// <summary>Kinds of lines with a rate of their own; ids are numbers in this program, not input.</summary>
    private readonly ConcurrentDictionary<(int Id, bool IsOfClient), LogRate> _rates = new();

    /// <inheritdoc />
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc />
    public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

    /// <inheritdoc />
    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        // Who asks for details wants all of them; the queue bounds those, too.
        LogRate? rate = null;
        var isOfClient = false;
        if (logLevel >= LogLevel.Information)
        {
            isOfClient = ClientFaults.Is(category, logLevel, eventId);
            rate = _rates.GetOrAdd(
                (eventId.Id, isOfClient), static (kind, time) => new LogRate(time, kind.IsOfClient), time);
            if (!rate.TryTake(out var leftOut))
            {
                return;
            }

            if (leftOut > 0)
            {
                provider.SayLeftOut(category, eventId.Id, leftOut, rate.Pause);
            }
        }

        try
        {
            if (isOfClient)
            {
                // The server is well: no more than a warning, and no trace of what is the client's.
                logLevel = LogLevel.Warning;
            }

            var told = exception is null ? null
                : isOfClient ? BriefException.InOneLine(exception)
                : new BriefException(exception, rate?.TakesTrace(exception) ?? true);
            provider.Write(new LogEntry<TState>(logLevel, category, eventId, state, told, formatter));
        }
        catch (Exception)
        {
            // What cannot be written must not fail what it tells of.
        }
    }

    /// <summary>Says what was left out and nothing followed.</summary>
    public void SayWhatWasLeftOut()
    {
        foreach (var (kind, rate) in _rates)
        {
            if (rate.TakeLeftOut() is > 0 and var count)
            {
                provider.SayLeftOut(category, kind.Id, count, rate.Pause);
            }
        }
    }
}
