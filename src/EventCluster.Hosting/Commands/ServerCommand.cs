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
    public static Task<int> RunAsync(
        IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        var options = new EventClusterOptions();
        return NodeProcess.RunAsync(
            arguments, options, HelpText.Render, terminal, mode => RunAsync(mode, options, terminal, cancellationToken));
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
