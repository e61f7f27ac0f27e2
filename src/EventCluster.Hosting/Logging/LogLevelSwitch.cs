using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Hosting.Logging;

/// <summary>The level of the log, which SIGHUP can change while the server runs.</summary>
internal sealed class LogLevelSwitch(LogLevel level)
    : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    private CancellationTokenSource _changed = new();
    private int _level = (int)level;

    /// <inheritdoc />
    public string? Name => Options.DefaultName;

    /// <summary>The level.</summary>
    public LogLevel Level
    {
        get => (LogLevel)Volatile.Read(ref _level);
        set
        {
            if (Interlocked.Exchange(ref _level, (int)value) != (int)value)
            {
                using var before = Interlocked.Exchange(ref _changed, new CancellationTokenSource());
                before.Cancel();
            }
        }
    }

    /// <inheritdoc />
    public IChangeToken GetChangeToken() => new CancellationChangeToken(Volatile.Read(ref _changed).Token);

    /// <inheritdoc />
    public void Dispose() => _changed.Dispose();

    /// <inheritdoc />
    public void Configure(LoggerFilterOptions options)
    {
        options.MinLevel = Level;
    }
}
