using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Salvage;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk;

/// <summary>Copies everything readable of a damaged data directory into a new one.</summary>
/// <remarks>
/// A stream's readers are served from behind its last hole on, because a history has no holes; blocks before a hole are
/// copied too, for the forks that inherit them. Every stream begins a new history at its recovered tail, so no offset of
/// a lost event is ever served by another one.
/// </remarks>
public static class LocalDiskSalvage
{
    /// <summary>Copies.</summary>
    /// <param name="from">The damaged directory; nothing in it is changed but its lock file.</param>
    /// <param name="to">A missing or empty directory.</param>
    /// <param name="disk">The disk that has both.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For the new store.</param>
    /// <param name="cancellationToken">Abandons the copy; remove the target then.</param>
    /// <returns>What was copied and what is lost.</returns>
    /// <exception cref="DataDirectoryLockedException">The damaged store is running.</exception>
    /// <exception cref="DataDirectoryUnusableException">The target has files, or the source has nothing readable.</exception>
    public static async Task<SalvageReport> RunAsync(
        string from,
        string to,
        IDisk disk,
        TimeProvider time,
        ILogger<LocalDiskLogStore> logger,
        CancellationToken cancellationToken)
    {
        if ((await disk.ListAsync(to)).Count > 0)
        {
            throw new DataDirectoryUnusableException($"Salvage target '{to}' is not empty.");
        }

        var held = await disk.TryLockAsync($"{from}/{DataFormat.LockFile}") ?? throw new DataDirectoryLockedException(from);
        await using (held)
        {
            var source = new DamagedStore(disk, from);
            await source.ReadAsync();

            // The stop at the end flushes everything at once; a salvage that is cut short is run again.
            var options = new LocalDiskOptions { Path = to, Flush = false };
            var target = await LocalDiskLogStore.OpenAsync(options, disk, time, logger, cancellationToken);
            await using (target)
            {
                target.SkipIncarnationsOf(source.Index.LargestIncarnation, time.GetUtcNow());
                var report = await CopyAsync(source, target, cancellationToken);
                await source.CloseAsync();
                return report;
            }
        }
    }

    private static async Task<SalvageReport> CopyAsync(
        DamagedStore source, LocalDiskLogStore target, CancellationToken cancellationToken)
    {
        var (streams, events) = (0, 0L);
        foreach (var entry in source.Index.Entries.OrderBy(entry => entry.Name))
        {
            cancellationToken.ThrowIfCancellationRequested();
            events += await CopyStreamAsync(source, entry, target, cancellationToken);
            streams++;
        }

        return new SalvageReport(streams, events, source.Losses);
    }

    private static async Task<long> CopyStreamAsync(
        DamagedStore source, StreamEntry entry, LocalDiskLogStore target, CancellationToken cancellationToken)
    {
        var blocks = await ReadableAsync(source, entry);
        var head = RecoverHead(source, entry, blocks);
        var tail = head.Tail;
        var incarnation = await target.DrawIncarnationAsync(cancellationToken);
        var histories = entry.Incarnations.UpTo(tail).Add(incarnation, tail);
        await target.ImportAsync(entry, head, histories, source, blocks);
        return blocks.Sum(block => (long)block.Count);
    }

    private static async Task<List<BlockRef>> ReadableAsync(DamagedStore source, StreamEntry entry)
    {
        var readable = new List<BlockRef>();
        foreach (var block in entry.Blocks.Items.ToArray())
        {
            if (await source.TryReadBlockAsync(entry, block) is not null)
            {
                readable.Add(block);
            }
            else if (block.EndSequence <= entry.Head.Earliest)
            {
                source.Losses.Add(new SalvageLoss(
                    entry.Name.Value, block.FirstSequence, block.EndSequence, "unreadable, was kept for forks"));
            }
        }

        return readable;
    }

    /// <summary>The head that the readable blocks can serve, and the losses that lead to it.</summary>
    private static StreamHead RecoverHead(DamagedStore source, StreamEntry entry, List<BlockRef> blocks)
    {
        var lost = new List<SequenceRange>(source.Holes.GetValueOrDefault(entry.Number) ?? []);
        var own = blocks.Where(block => block.EndSequence > entry.Head.Earliest).ToList();
        foreach (ref readonly var block in entry.Blocks.Items)
        {
            if (block.EndSequence > entry.Head.Earliest && !own.Contains(block))
            {
                lost.Add(new SequenceRange(block.FirstSequence, block.EndSequence));
            }
        }

        var end = own.Count > 0 ? own[^1].EndSequence : entry.Head.Tail;
        var merged = SequenceRanges.Merge(lost, end < entry.Head.Tail ? [new SequenceRange(end, entry.Head.Tail)] : []);
        foreach (var range in merged)
        {
            source.Losses.Add(new SalvageLoss(entry.Name.Value, range.From, range.To, "unreadable"));
        }

        var earliest = merged.Where(range => range.To <= end).Select(range => range.To)
            .Append(entry.Head.Earliest).Max();
        AddUnserved(source, entry, merged, earliest);
        var retained = own.Where(block => block.EndSequence > earliest).Sum(block => (long)block.PayloadBytes);
        return entry.Head with { Tail = end, Earliest = earliest, RetainedBytes = retained };
    }

    /// <summary>A history has no holes: what lies before the last one is copied for forks, but readers no longer get it.</summary>
    private static void AddUnserved(DamagedStore source, StreamEntry entry, List<SequenceRange> lost, long earliest)
    {
        var from = entry.Head.Earliest;
        foreach (var range in lost.Where(range => range.To <= earliest))
        {
            if (range.From > from)
            {
                source.Losses.Add(new SalvageLoss(
                    entry.Name.Value, from, range.From, "copied, but not served: it lies before lost events"));
            }

            from = range.To;
        }
    }
}
