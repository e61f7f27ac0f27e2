using System.Collections.Concurrent;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace EventCluster.Hosting.Logging;

/// <summary>Writes the log in one of the framework's two forms, through a <see cref="LogQueue"/> and at a bounded rate.</summary>
internal sealed class QueueLoggerProvider : ILoggerProvider
{
    /// <summary>Says that lines were left out or dropped.</summary>
    public static readonly EventId LeftOut = new(4020, "LogLinesLeftOut");

    private const string OwnCategory = "EventCluster.Hosting.Logging.Log";

    private readonly ConcurrentDictionary<string, QueueLogger> _loggers = new(StringComparer.Ordinal);
    private readonly ConsoleFormatter _formatter;
    private readonly TimeProvider _time;
    private readonly StartLog? _start;

    /// <summary>Starts to write.</summary>
    /// <param name="formatters">The framework's forms.</param>
    /// <param name="format">The one to use.</param>
    /// <param name="output">Where lines go.</param>
    /// <param name="time">The clock.</param>
    /// <param name="start">Where lines of libraries wait until the start is decided; null when none wait.</param>
    public QueueLoggerProvider(
        IEnumerable<ConsoleFormatter> formatters, LogFormat format, Stream output, TimeProvider time, StartLog? start = null)
    {
        var name = format == LogFormat.Json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        _formatter = formatters.First(formatter => formatter.Name == name);
        _time = time;
        _start = start;
        Queue = new LogQueue(
            output, dropped => Render($"{dropped} log lines were dropped because the output did not take them."), SayWhatIsDue);
    }

    /// <summary>Lines on their way.</summary>
    public LogQueue Queue { get; }

    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) =>
        _loggers.GetOrAdd(categoryName, static (name, provider) => new QueueLogger(name, provider, provider._time), this);

    /// <inheritdoc />
    public void Dispose()
    {
        SayWhatWasLeftOut();
        Queue.Dispose();
    }

    /// <summary>Writes an entry.</summary>
    public void Write<TState>(in LogEntry<TState> entry)
    {
        // One that is made for an entry and then dropped costs less than one per thread that is kept.
        using var text = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        _formatter.Write(entry, null, text);
        var line = text.ToString();
        if (line.Length > 0)
        {
            Add(entry.Category, line);
        }
    }

    /// <summary>Says how many lines of a kind were left out.</summary>
    public void SayLeftOut(string category, int eventId, long count, TimeSpan pause) => Add(category, Render(
        $"{count} more {(count == 1 ? "line" : "lines")} of event {eventId} of {category} {(count == 1 ? "was" : "were")} left out; "
        + $"this kind of line is written once in {pause.TotalSeconds:0} s at most."));

    private void Add(string category, string line)
    {
        if (_start?.TryHold(category, line, Queue.Add) is not true)
        {
            Queue.Add(line);
        }
    }

    private void SayWhatIsDue()
    {
        _start?.ReleaseIfLate();
        SayWhatWasLeftOut();
    }

    private void SayWhatWasLeftOut()
    {
        foreach (var logger in _loggers.Values)
        {
            logger.SayWhatWasLeftOut();
        }
    }

    private string Render(string message)
    {
        using var text = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        _formatter.Write(
            new LogEntry<string>(LogLevel.Warning, OwnCategory, LeftOut, message, null, static (said, _) => said), null, text);
        return text.ToString();
    }
}
