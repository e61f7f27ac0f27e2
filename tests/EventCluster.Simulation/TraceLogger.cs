using Microsoft.Extensions.Logging;

namespace EventCluster.Simulation;

/// <summary>Writes the warnings and errors of the product into the trace.</summary>
internal sealed class TraceLogger<T>(Trace trace) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            trace.Add($"log {eventId.Id}: {formatter(state, exception)} {exception?.GetType().Name} {exception?.Message}");
        }
    }
}
