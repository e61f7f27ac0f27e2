using EventCluster.Edge.Connections;
using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Node;

/// <summary>Says at the start which limit bounds the connections, and bounds the pool's threads.</summary>
/// <param name="options">What the operator set.</param>
/// <param name="system">What the system gives.</param>
/// <param name="bound">What follows for connections.</param>
/// <param name="logger">The log.</param>
internal sealed partial class SystemLimitsStart(
    EventClusterOptions options, SystemLimits system, ConnectionBound bound, ILogger<SystemLimitsStart> logger)
    : IHostedService
{
    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Nobody asked for the default: that this machine has less is worth knowing, and no fault.
        if (bound.IsBelowConfigured && IsAskedFor)
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

    private bool IsAskedFor => options.IsSet(ConnectionBound.Option) || options.Limits.Connections != new LimitsSection().Connections;

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(4040, LogLevel.Information, "{Bound}")]
    private static partial void LogBound(ILogger logger, ConnectionBound bound);

    [LoggerMessage(4041, LogLevel.Warning, "{Bound}")]
    private static partial void LogBelow(ILogger logger, ConnectionBound bound);

    [LoggerMessage(4042, LogLevel.Information, "{Threads}")]
    private static partial void LogThreads(ILogger logger, ThreadLimit threads);
}
