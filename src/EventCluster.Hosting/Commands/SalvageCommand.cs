using EventCluster.Hosting.Configuration;

namespace EventCluster.Hosting.Commands;

/// <summary><c>--salvage FROM TO</c>.</summary>
internal static class SalvageCommand
{
    public static Task<int> RunAsync(CommandMode.Salvage mode, Terminal terminal, CancellationToken cancellationToken) =>
        throw new InvalidOperationException();
}
