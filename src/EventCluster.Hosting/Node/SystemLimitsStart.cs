using EventCluster.Edge.Connections;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>Says at the start which limit bounds the connections, and bounds the pool's threads.</summary>
internal sealed partial class SystemLimitsStart(SystemLimits system, ConnectionBound bound, ILogger<SystemLimitsStart> logger)
    : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (bound.IsBelowConfigured)
        {
            LogBelow(logger, bound);
        }
        else
        {
            LogBound(logger, bound);
        }

        if (system.Threads is { } threads)
        {
            threads.Apply();
            LogThreads(logger, threads);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(4040, LogLevel.Information, "{Bound}")]
    private static partial void LogBound(ILogger logger, ConnectionBound bound);

    [LoggerMessage(4041, LogLevel.Warning, "{Bound}")]
    private static partial void LogBelow(ILogger logger, ConnectionBound bound);

    [LoggerMessage(4042, LogLevel.Information, "{Threads}")]
    private static partial void LogThreads(ILogger logger, ThreadLimit threads);
}
