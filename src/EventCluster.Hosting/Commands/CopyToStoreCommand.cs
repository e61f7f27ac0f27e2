using System.Collections.Concurrent;
using EventCluster.Abstractions.Store;
using EventCluster.Core;
using EventCluster.Hosting.Configuration;
using EventCluster.Hosting.Node;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql;
using EventCluster.Storage.PostgreSql.Import;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Hosting.Commands;

/// <summary>
/// <c>--copy-to-store</c>: copies all streams of the data folder into the shared store. Run again, it goes on where it
/// broke off.
/// </summary>
internal sealed class CopyToStoreCommand(Terminal terminal, TimeProvider time)
{
    private const int HeadsPerPage = 1_000;
    private const int StreamsAtOnce = 8;

    private static readonly TimeSpan _reportEvery = TimeSpan.FromSeconds(2);

    private readonly ImportProgress _progress = new();
    private readonly Lock _gate = new();
    private readonly List<string> _refused = [];

    public async Task<int> RunAsync(EventClusterOptions options, CancellationToken cancellationToken)
    {
        var from = Path.GetFullPath(options.DataPath);
        if (!Directory.Exists(from))
        {
            return await terminal.FailAsync($"'{from}' does not exist; name the data folder with --data.");
        }

        if (options.PostgreSql.ConnectionString.Length == 0)
        {
            return await terminal.FailAsync("--copy-to-store needs EventCluster:PostgreSql:ConnectionString.");
        }

        var start = new NodeStart(Restored: false);
        await using var source = await LocalDiskStart.OpenAsync(options, start, time, NullLoggerFactory.Instance, cancellationToken);
        await using var target = await PostgreSqlStart.OpenAsync(options, start, time, NullLoggerFactory.Instance, cancellationToken);
        await CopyAsync(source, target, cancellationToken);
        return await ReportAsync(from);
    }

    private async Task CopyAsync(ILogStore source, PostgreSqlLogStore target, CancellationToken cancellationToken)
    {
        var heads = await ListAsync(source, cancellationToken);
        var invalid = await FindInvalidAsync(source, heads, cancellationToken);
        var refusals = await target.CheckImportAsync(heads, invalid.Keys.ToHashSet(), cancellationToken);
        foreach (var (name, refusal) in refusals)
        {
            Note(name, refusal, invalid.GetValueOrDefault(name));
        }

        var reportedAt = time.GetTimestamp();
        var options = new ParallelOptions { MaxDegreeOfParallelism = StreamsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(heads.Where(head => !refusals.ContainsKey(head.Name)), options, async (head, cancelled) =>
        {
            Note(head.Name, new ImportRefusal(await target.ImportAsync(source, head, _progress, cancelled), head.Name));
            if (IsTimeToReport(ref reportedAt))
            {
                await terminal.Out.WriteLineAsync($"{_progress.Streams} of {heads.Count} streams, {_progress.Events} events copied");
            }
        });
    }

    /// <summary>Streams with an event that no publisher could have sent, and the event. They are not copied on.</summary>
    private async Task<ConcurrentDictionary<StreamName, string>> FindInvalidAsync(
        ILogStore source, List<StoredHead> heads, CancellationToken cancellationToken)
    {
        var invalid = new ConcurrentDictionary<StreamName, string>();
        var reportedAt = time.GetTimestamp();
        var (checkedStreams, options) = (
            0, new ParallelOptions { MaxDegreeOfParallelism = StreamsAtOnce, CancellationToken = cancellationToken });
        await Parallel.ForEachAsync(heads, options, async (head, cancelled) =>
        {
            if (StoredEvents.FindInvalidType(head) is { } refusal)
            {
                invalid[head.Name] = $"it could not be created: {refusal.Detail}";
            }
            else if (await StoredEvents.FindInvalidAsync(source, head, cancelled) is var (sequence, why))
            {
                invalid[head.Name] = $"its event at sequence {sequence} may not be stored: {why.Detail}";
            }

            var count = Interlocked.Increment(ref checkedStreams);
            if (IsTimeToReport(ref reportedAt))
            {
                await terminal.Out.WriteLineAsync($"{count} of {heads.Count} streams checked");
            }
        });
        return invalid;
    }

    private bool IsTimeToReport(ref long reportedAt)
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(reportedAt) < _reportEvery)
            {
                return false;
            }

            reportedAt = time.GetTimestamp();
            return true;
        }
    }

    private void Note(StreamName name, ImportRefusal refusal, string? invalidEvent = null)
    {
        var fault = refusal.Outcome switch
        {
            ImportOutcome.NameTaken => "the store has another stream of that name",
            ImportOutcome.SourceChanged => "it was copied before, and the folder's stream went on since",
            ImportOutcome.HistoryTaken =>
                $"the store's stream '{refusal.Because}' has a history of the same number; copy into a schema of its own",
            ImportOutcome.RelativeRefused => $"it shares events with '{refusal.Because}', which cannot be copied",
            ImportOutcome.InvalidEvent => invalidEvent,
            _ => null,
        };
        if (fault is not null)
        {
            lock (_gate)
            {
                _refused.Add($"'{name}' is not copied: {fault.TrimEnd('.')}.");
            }
        }
    }

    private async Task<int> ReportAsync(string from)
    {
        await terminal.Out.WriteLineAsync(
            $"{Streams(_progress.Streams)} of {from} {(_progress.Streams == 1 ? "is" : "are")} in the store; this run copied {_progress.Events} events ({_progress.Bytes} bytes).");
        foreach (var refused in _refused.Order(StringComparer.Ordinal))
        {
            await terminal.FailAsync(refused);
        }

        return _refused.Count == 0 ? ExitCode.Success : ExitCode.CannotStart;
    }

    private static string Streams(long count) => count == 1 ? "1 stream" : $"{count} streams";

    private static async Task<List<StoredHead>> ListAsync(ILogStore source, CancellationToken cancellationToken)
    {
        List<StoredHead> heads = [];
        while (true)
        {
            var page = await source.ListAsync("", heads.Count == 0 ? null : heads[^1].Name, HeadsPerPage, cancellationToken);
            if (page.Count == 0)
            {
                return heads;
            }

            heads.AddRange(page);
        }
    }
}
