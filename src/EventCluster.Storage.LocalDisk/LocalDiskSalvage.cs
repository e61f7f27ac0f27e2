using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Salvage;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk;

/// <summary>Copies everything readable of a damaged data directory into a new one.</summary>
/// <remarks>
/// A stream's readers are served from behind its last hole on, because a history has no holes; blocks before a hole are
/// copied too, for the forks that inherit them. A hole in what a fork inherits is a hole of the fork. Every stream begins a new history at its recovered tail, so no offset of
/// a lost event is ever served by another one.
/// </remarks>
public static class LocalDiskSalvage
{
    /// <summary>Copies.</summary>
    /// <param name="from">The damaged directory; nothing in it is changed but its lock file.</param>
    /// <param name="to">A missing or empty directory.</param>
    /// <param name="disk">The disk that has both.</param>
    /// <param name="states">What the states of streams say.</param>
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
        ISalvagedStates states,
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
                var report = await CopyAsync(source, target, states, cancellationToken);
                await source.CloseAsync();
                return report;
            }
        }
    }

    private static async Task<SalvageReport> CopyAsync(
        DamagedStore source,
        LocalDiskLogStore target,
        ISalvagedStates states,
        CancellationToken cancellationToken)
    {
        var readable = new ReadableBlocks();
        var entries = source.Index.Entries.OrderBy(entry => entry.Name).ToArray();
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            readable.Add(entry.Name, await ReadableAsync(source, entry));
        }

        var heads = new HeadRecovery(readable, states.PlacesOf, source.Losses);
        var found = entries.ToDictionary(entry => entry.Name, entry => (Entry: entry, Head: heads.Recover(entry)));
        var reservations = new ReservationRecovery(found, states);
        var events = 0L;
        foreach (var (entry, head) in entries.Select(entry => found[entry.Name]))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var incarnation = await target.DrawIncarnationAsync(cancellationToken);
            var histories = entry.Incarnations.UpTo(head.Tail).Add(incarnation, head.Tail);
            var blocks = readable.Of(entry.Name);
            var missing = reservations.LostBy(entry.Name);
            source.Losses.AddRange(missing.Select(reservation => new SalvageLoss(
                entry.Name.Value, 0, 0, $"the reservation of a fork up to sequence {reservation.Sequence} was lost and is made again")));
            await target.ImportAsync(
                new SalvagedStream(entry, head, histories, StateOf(states, entry, head, missing.Count > 0), [.. entry.Producers, .. missing]),
                source,
                [.. blocks.Select(block => block.Ref)]);
            events += blocks.Sum(block => (long)block.Ref.Count);
        }

        return new SalvageReport(entries.Length, events, source.Losses);
    }

    private static ReadOnlyMemory<byte> StateOf(ISalvagedStates states, StreamEntry entry, StreamHead head, bool hasReservations) =>
        head.Earliest > entry.Head.Earliest || hasReservations
            ? states.Amend(entry.State, new SequenceRange(entry.Head.Earliest, head.Earliest), hasReservations)
            : entry.State;

    private static async Task<PlacedBlock[]> ReadableAsync(DamagedStore source, StreamEntry entry)
    {
        var readable = new List<PlacedBlock>();
        foreach (var block in entry.Blocks.Items.ToArray())
        {
            if (await source.TryReadBlockAsync(entry, block) is not null)
            {
                readable.Add(new PlacedBlock(block, entry.Blocks.IncarnationOf(block)));
            }
            else if (block.EndSequence <= entry.Head.Earliest)
            {
                source.Losses.Add(new SalvageLoss(
                    entry.Name.Value, block.FirstSequence, block.EndSequence, "unreadable, was kept for forks"));
            }
        }

        return [.. readable];
    }
}
