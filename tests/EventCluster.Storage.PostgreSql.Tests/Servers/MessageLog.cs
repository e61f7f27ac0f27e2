using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.PostgreSql.Tests.Servers;

/// <summary>Counts what was logged.</summary>
public sealed class MessageLog<T> : ILogger<T>
{
    private readonly List<int> _events = [];
    private int _exceptions;

    /// <summary>Entries that carried an exception.</summary>
    public int Exceptions => Volatile.Read(ref _exceptions);

    /// <summary>Entries with an id.</summary>
    public int Count(int eventId)
    {
        lock (_events)
        {
            return _events.Count(id => id == eventId);
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
            _exceptions += exception is null ? 0 : 1;
        }
    }
}
