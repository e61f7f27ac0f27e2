using Microsoft.Extensions.Logging;

namespace EventCluster.Core.Tests;

/// <summary>Remembers the ids of what was logged.</summary>
internal sealed class ListLogger : ILogger<LocalStreamDirectory>
{
    private readonly List<int> _events = [];

    public bool Has(int eventId)
    {
        lock (_events)
        {
            return _events.Contains(eventId);
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_events)
        {
            _events.Add(eventId.Id);
        }
    }
}
