using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// SignalR's log without the answers that it takes for failures: it writes every <see cref="HubException"/> with its stack,
/// so any client could fill the log with what is its own mistake.
/// </summary>
internal sealed class HubLog(ILoggerFactory loggers) : ILoggerFactory
{
    /// <inheritdoc />
    public ILogger CreateLogger(string categoryName) => new Category(loggers.CreateLogger(categoryName));

    /// <summary>Not supported: the providers are the server's.</summary>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The providers are the server's.");

    /// <summary>Nothing: the loggers are the server's.</summary>
    public void Dispose()
    {
    }

    private sealed class Category(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (exception is not HubException)
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
