using EventCluster.Hosting.Configuration;

namespace EventCluster.Hosting.Commands;

/// <summary>The whole server process: reads the arguments, then serves or runs a one-shot mode.</summary>
public static class ServerCommand
{
    /// <summary>Runs to the end and never throws for what an operator can get wrong.</summary>
    /// <param name="arguments">Arguments of the process.</param>
    /// <param name="terminal">Where to speak.</param>
    /// <param name="cancellationToken">Ends serving like a signal would.</param>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var line = CommandLine.Parse(arguments);
        if (line is { Faults.Count: 0, Mode: CommandMode.Help or CommandMode.Version })
        {
            await terminal.Out.WriteAsync(line.Mode is CommandMode.Help ? HelpText.Render() : VersionText.Render());
            return ExitCode.Success;
        }

        try
        {
            var options = new EventClusterOptions();
            var faults = Load(line, options);
            return faults.Count > 0
                ? await ReportAsync(terminal, faults)
                : await RunAsync(line.Mode, options, terminal, cancellationToken);
        }
        catch (Exception e) when (StartFault.Explain(e) is { } fault)
        {
            return await terminal.FailAsync(fault);
        }
    }

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

    private static Task<int> RunAsync(
        CommandMode mode, EventClusterOptions options, Terminal terminal, CancellationToken cancellationToken) =>
        mode switch
        {
            CommandMode.Salvage salvage => SalvageCommand.RunAsync(salvage, terminal, cancellationToken),
            CommandMode.Backup backup => BackupCommand.RunAsync(backup, options, terminal, cancellationToken),
            CommandMode.CopyToStore => new CopyToStoreCommand(terminal, TimeProvider.System).RunAsync(options, cancellationToken),
            CommandMode.Run run => ServeCommand.RunAsync(run, options, terminal, cancellationToken),
            _ => throw new InvalidOperationException($"{mode} does not run."),
        };
}
