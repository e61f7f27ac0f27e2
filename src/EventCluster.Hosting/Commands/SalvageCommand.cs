using EventCluster.Hosting.Configuration;
using EventCluster.Storage.LocalDisk;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Salvage;
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
            from, to, new SystemDisk(), new SalvagedStates(), TimeProvider.System, NullLogger<LocalDiskLogStore>.Instance, cancellationToken);
        foreach (var loss in report.Losses)
        {
            await terminal.Out.WriteLineAsync($"{Kind(loss)}: {loss}");
        }

        if (report.Losses.Any(IsRange))
        {
            await terminal.Out.WriteLineAsync("Ranges are half-open: [2, 5) is the events 2, 3 and 4.");
        }

        await terminal.Out.WriteLineAsync(
            $"Copied {report.Events} {(report.Events == 1 ? "event" : "events")} of {report.Streams} {(report.Streams == 1 ? "stream" : "streams")} "
            + $"to {to}; {Summary(report.Losses)}.");
        return ExitCode.Success;
    }

    /// <summary>Counts what each line stands for: a range is one of events that are lost, or of events that are there and not served.</summary>
    private static string Summary(IReadOnlyList<SalvageLoss> losses)
    {
        var lost = losses.Count(static loss => IsRange(loss) && !loss.IsCopied);
        var unserved = losses.Count(static loss => loss.IsCopied);
        var other = losses.Count - lost - unserved;
        List<string> parts = [lost switch { 0 => "no range of events is lost", 1 => "1 range of events is lost", _ => $"{lost} ranges of events are lost" }];
        if (unserved > 0)
        {
            parts.Add(unserved == 1 ? "1 is copied and not served" : $"{unserved} are copied and not served");
        }

        if (other > 0)
        {
            parts.Add(other == 1 ? "1 other fault is named above" : $"{other} other faults are named above");
        }

        return string.Join(", ", parts);
    }

    private static string Kind(SalvageLoss loss) => loss.IsCopied ? "not served" : "lost";

    private static bool IsRange(SalvageLoss loss) => loss.To > loss.From;
}
