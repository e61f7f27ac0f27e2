using EventCluster.Abstractions;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Logging;

/// <summary>Sets up the log of a node.</summary>
public static class EventClusterLoggingExtensions
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>
    /// Writes to standard output in the form and from the level that the operator set. Nobody waits for standard output: what
    /// it does not take is dropped and counted.
    /// </summary>
    public static ILoggingBuilder AddEventClusterLog(this ILoggingBuilder logging, EventClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(logging);
        ArgumentNullException.ThrowIfNull(options);
        var level = new LogLevelSwitch(options.LogLevel);
        logging.Services.AddSingleton(level);
        logging.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(level);
        logging.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(level);

        // The framework's chatter is for its developers; its start failures are reported in one line by the command.
        logging.AddFilter("Microsoft", said => said >= LogLevel.Warning && said >= level.Level);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // While it may log anything, each request, and so each live response, drags an activity and a log scope along.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        logging.AddJsonConsole(console => Timestamped(console, Timestamp));
        logging.AddSimpleConsole(console =>
        {
            Timestamped(console, Timestamp + " ");
            console.SingleLine = true;
        });

        // The framework's two forms are used, its provider is not: it writes, and waits, on the caller's thread once its own
        // has met an error.
        foreach (var added in logging.Services.Where(static added => added.ImplementationType == typeof(ConsoleLoggerProvider)).ToList())
        {
            logging.Services.Remove(added);
        }

        logging.Services.TryAddSingleton(TimeProvider.System);
        logging.Services.AddSingleton(provider => new QueueLoggerProvider(
            provider.GetServices<ConsoleFormatter>(), options.LogFormat, System.Console.OpenStandardOutput(),
            provider.GetRequiredService<TimeProvider>(), provider.GetService<StartLog>()));
        logging.Services.AddSingleton<ILoggerProvider>(static provider => provider.GetRequiredService<QueueLoggerProvider>());
        logging.Services.AddSingleton<IBackgroundPart>(static provider => provider.GetRequiredService<QueueLoggerProvider>().Queue);
        return logging;
    }

    /// <summary>
    /// Keeps back what libraries say until <see cref="StartLog.Release"/>, so that a start that is refused shows the line that says why and
    /// nothing beside it that looks like a crash. Who asked for details gets them at once.
    /// </summary>
    /// <param name="logging">The log.</param>
    /// <param name="options">The operator's level.</param>
    /// <param name="categories">Beginnings of the libraries' categories.</param>
    public static ILoggingBuilder HoldWhileStarting(this ILoggingBuilder logging, EventClusterOptions options, params string[] categories)
    {
        ArgumentNullException.ThrowIfNull(logging);
        ArgumentNullException.ThrowIfNull(options);
        if (options.LogLevel >= LogLevel.Information)
        {
            logging.Services.AddSingleton(provider => new StartLog(categories, provider.GetRequiredService<TimeProvider>()));
        }

        return logging;
    }

    private static void Timestamped(ConsoleFormatterOptions console, string format)
    {
        console.UseUtcTimestamp = true;
        console.TimestampFormat = format;
    }
}
