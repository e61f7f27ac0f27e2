using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EventCluster.Hosting.Commands;

/// <summary>What the processes of a single node and of a cluster have in common: arguments, options, faults, exit codes.</summary>
public static partial class NodeProcess
{
    /// <summary>Runs to the end and never throws for what an operator can get wrong.</summary>
    /// <param name="arguments">Arguments of the process.</param>
    /// <param name="options">Filled from all sources before anything runs.</param>
    /// <param name="help">What <c>--help</c> prints.</param>
    /// <param name="terminal">Where to speak.</param>
    /// <param name="run">Does what the arguments ask for, with options that are valid.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments,
        EventClusterOptions options,
        Func<string> help,
        Terminal terminal,
        Func<CommandMode, Task<int>> run)
    {
        ArgumentNullException.ThrowIfNull(terminal);
        ArgumentNullException.ThrowIfNull(help);
        ArgumentNullException.ThrowIfNull(run);
        var line = CommandLine.Parse(arguments, OptionCatalog.Of(options));
        if (line is { Faults.Count: 0, Mode: CommandMode.Help or CommandMode.Version })
        {
            await terminal.Out.WriteAsync(line.Mode is CommandMode.Help ? help() : VersionText.Render());
            return ExitCode.Success;
        }

        try
        {
            var faults = Load(line, options);
            options.ReadAgain = () =>
            {
                var fresh = (EventClusterOptions)Activator.CreateInstance(options.GetType())!;
                return (fresh, Load(line, fresh));
            };
            return faults.Count > 0 ? await ReportAsync(terminal, faults) : await run(line.Mode);
        }
        catch (Exception e) when (StartFault.Explain(e) is { } fault)
        {
            return await terminal.FailAsync(fault);
        }
    }

    /// <summary>Starts a node; false when it was told to stop meanwhile, which ends it as asked.</summary>
    /// <param name="app">The node.</param>
    /// <param name="start">Its start.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<bool> TryStartAsync(WebApplication app, Func<Task> start, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(start);
        try
        {
            await start();
            return true;
        }
        catch (OperationCanceledException) when (
            cancellationToken.IsCancellationRequested || app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            var said = app.Services.GetService<StartLog>();
            if (StartFault.Explain(e) is null)
            {
                // Nobody foresaw it: what was kept back may say why.
                said?.Release();
            }
            else
            {
                said?.Refuse();
            }

            throw;
        }
    }

    /// <summary>
    /// Waits until a node has stopped. One whose time for the stop is over has stopped as well: what did not let go was cut.
    /// </summary>
    /// <param name="app">The node.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task WaitForStopAsync(WebApplication app, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(app);
        try
        {
            await app.WaitForShutdownAsync(cancellationToken);
        }
        catch (Exception e) when (app.Lifetime.ApplicationStopping.IsCancellationRequested && IsTimeOver(e))
        {
            LogStoppedLate(app.Logger);
        }
    }

    private static bool IsTimeOver(Exception exception) =>
        exception is OperationCanceledException || (exception is AggregateException all && all.InnerExceptions.All(IsTimeOver));

    private static List<string> Load(CommandLine line, EventClusterOptions options)
    {
        var configuration = ConfigurationSources.Build(Directory.GetCurrentDirectory(), line.Settings);
        var bound = OptionsBinder.Bind(configuration, options);
        return [.. line.Faults, .. bound, .. OptionsValidator.Validate(options)];
    }

    private static async Task<int> ReportAsync(Terminal terminal, List<string> faults)
    {
        foreach (var fault in faults)
        {
            await terminal.FailAsync(fault);
        }

        return ExitCode.CannotStart;
    }
}
