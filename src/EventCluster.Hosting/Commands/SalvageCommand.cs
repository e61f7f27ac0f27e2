using EventCluster.Core;
using EventCluster.Hosting.Configuration;
using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.LocalDisk.Disk;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Hosting.Commands;

/// <summary><c>--salvage FROM TO</c>: copies everything readable and prints what is lost.</summary>
internal static class SalvageCommand
{
    public static async Task<int> RunAsync(CommandMode.Salvage mode, Terminal terminal, CancellationToken cancellationToken)
    {
        var (from, to) = (Path.GetFullPath(mode.From), Path.GetFullPath(mode.To));
        if (!Directory.Exists(from))
        {
            return await terminal.FailAsync($"'{from}' does not exist.");
        }

        var report = await LocalDiskSalvage.RunAsync(
            from, to, new SystemDisk(), StoredEvents.PlacesOf, TimeProvider.System, NullLogger<LocalDiskLogStore>.Instance, cancellationToken);
        foreach (var loss in report.Losses)
        {
            await terminal.Out.WriteLineAsync($"lost: {loss}");
        }

        if (report.Losses.Any(loss => loss.To > loss.From))
        {
            await terminal.Out.WriteLineAsync("Ranges are half-open: [2, 5) is the events 2, 3 and 4.");
        }

        await terminal.Out.WriteLineAsync(
            $"Copied {report.Events} {(report.Events == 1 ? "event" : "events")} of {report.Streams} {(report.Streams == 1 ? "stream" : "streams")} "
            + $"to {to}; {Count(report.Losses.Count)} lost.");
        return ExitCode.Success;
    }

    private static string Count(int losses) => losses switch
    {
        0 => "nothing is",
        1 => "the range above is",
        _ => $"the {losses} ranges above are",
    };
}
