using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.Tests.Server;

/// <summary>Keeps every line that a class logs.</summary>
internal sealed class LineLog<T> : ILogger<T>
{
    /// <summary>The lines so far.</summary>
    public List<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add(formatter(state, exception));
}
