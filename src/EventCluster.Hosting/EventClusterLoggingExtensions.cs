using EventCluster.Hosting.Configuration;
using Microsoft.Extensions.Logging.Console;

namespace Microsoft.Extensions.Logging;

/// <summary>Sets up the log of a node.</summary>
public static class EventClusterLoggingExtensions
{
    private const string Timestamp = "yyyy-MM-ddTHH:mm:ss.fffZ";

    /// <summary>Writes to standard output in the form and from the level that the operator set.</summary>
    public static ILoggingBuilder AddEventClusterLog(this ILoggingBuilder logging, EventClusterOptions options)
    {
        ArgumentNullException.ThrowIfNull(logging);
        logging.SetMinimumLevel(options.LogLevel);

        // The framework's chatter is for its developers; its start failures are reported in one line by the command.
        logging.AddFilter("Microsoft", level => level >= LogLevel.Warning && level >= options.LogLevel);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);

        // While it may log anything, each request, and so each live response, drags an activity and a log scope along.
        logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        return options.LogFormat == LogFormat.Json
            ? logging.AddJsonConsole(console => Timestamped(console, Timestamp))
            : logging.AddSimpleConsole(console =>
            {
                Timestamped(console, Timestamp + " ");
                console.SingleLine = true;
            });
    }

    private static void Timestamped(ConsoleFormatterOptions console, string format)
    {
        console.UseUtcTimestamp = true;
        console.TimestampFormat = format;
    }
}
