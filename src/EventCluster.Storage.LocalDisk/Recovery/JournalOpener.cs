using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Checkpoints;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;
using EventCluster.Storage.LocalDisk.Journal;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>Opens a data directory: lock, format, newest valid checkpoint, scan, replay, fresh segment.</summary>
internal sealed partial class JournalOpener(IDisk disk, LocalDiskOptions options, TimeProvider time, ILogger logger)
{
    private readonly string _directory = options.Path;

    public async Task<OpenedJournal> OpenAsync(CancellationToken cancellationToken)
    {
        await disk.CreateDirectoryAsync(_directory);
        var held = await disk.TryLockAsync($"{_directory}/{DataFormat.LockFile}")
            ?? throw new DataDirectoryLockedException(_directory);
        try
        {
            return await OpenLockedAsync(held, cancellationToken);
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    private async Task<OpenedJournal> OpenLockedAsync(IAsyncDisposable held, CancellationToken cancellationToken)
    {
        var names = await disk.ListAsync(_directory);
        var format = await ReadFormatAsync(names);
        foreach (var name in names.Where(name => name.EndsWith(DataFormat.TemporarySuffix, StringComparison.Ordinal)))
        {
            await disk.DeleteAsync($"{_directory}/{name}");
        }

        var segments = new SegmentSet(disk, _directory, format.StoreId);
        var (checkpoint, known) = await ReadCheckpointsAsync(names, format.StoreId);
        cancellationToken.ThrowIfCancellationRequested();
        var index = checkpoint?.Index ?? new StreamIndex();
        var range = checkpoint?.Range ?? CheckpointRange.None;
        var scan = await new JournalScanner(segments, format.StoreId).ScanAsync(DataFormat.Segments(names), range.From);
        scan.StartNumber = Math.Max(scan.StartNumber, checkpoint?.StartNumber ?? 0);
        scan.Durable = scan.Durable > range.To ? scan.Durable : range.To;
        if (scan.End < range.To)
        {
            // The checkpoint declares this much flushed.
            scan.Damage ??= scan.End;
        }

        var replay = new JournalReplay(index, range);
        await ReplayAsync(scan, replay);
        await RefuseDamageAsync(scan, index);
        scan.Journal.ForEach(segments.Add);
        var start = await new FreshSegment(disk, options, segments, format.StoreId).BeginAsync(scan, replay);
        index.Applied = start.Current.EndPosition;
        Report(scan, index);
        await DiscardAsync(scan);
        var lostAcks = scan is { CleanStop: false, AcksUnflushed: true };
        return new OpenedJournal(held, format, index, start, known, scan.Groups.Sum(group => (long)group.TotalBytes), lostAcks);
    }

    private async Task<FormatFile> ReadFormatAsync(IReadOnlyList<string> names)
    {
        if (await FormatFile.TryReadAsync(disk, _directory, names) is { } found)
        {
            return found.Copy && !options.Restored
                ? throw new DataDirectoryUnusableException(
                    $"'{_directory}' is a backup: start with --restored, which opens a new history of every stream.")
                : found;
        }

        if (DataFormat.Segments(names).Length > 0 || DataFormat.Checkpoints(names).Length > 0)
        {
            throw new DataDirectoryUnusableException(
                $"'{_directory}' has journal files but no {DataFormat.FormatFile}. Restore it from a backup of this store.");
        }

        var made = FormatFile.New(options.NewStoreId, time);
        await made.WriteAsync(disk, _directory);
        return made;
    }

    private async Task<(Checkpoint? Newest, KnownCheckpoints Known)> ReadCheckpointsAsync(
        IReadOnlyList<string> names, UInt128 storeId)
    {
        var numbers = DataFormat.Checkpoints(names);
        foreach (var number in numbers.Reverse())
        {
            if (await CheckpointReader.TryReadAsync(disk, _directory, storeId, number) is { } checkpoint)
            {
                // An older one may be there, but where it begins is not worth reading it: nothing is dropped until
                // this start has written its own.
                return (checkpoint, new KnownCheckpoints(numbers[^1], number, checkpoint.Range.From, JournalPosition.None));
            }

            LogBadCheckpoint(logger, DataFormat.CheckpointFile(number));
        }

        return (null, new KnownCheckpoints(numbers.LastOrDefault(), 0, JournalPosition.None, JournalPosition.None));
    }

    private static async Task ReplayAsync(JournalScan scan, JournalReplay replay)
    {
        foreach (var bySegment in scan.Groups.GroupBy(group => group.Segment))
        {
            var image = await SegmentImage.ReadAsync(scan.Journal.Single(segment => segment.Id == bySegment.Key));
            foreach (var extent in bySegment)
            {
                replay.ApplyGroup(image, extent);
            }
        }
    }

    private async Task RefuseDamageAsync(JournalScan scan, StreamIndex index)
    {
        if (scan.Damage is { } damage)
        {
            throw new LogDamagedException(await DamageReport.DescribeAsync(_directory, scan, damage, index));
        }

        // A block index is only as good as the files behind it.
        var missing = index.Usage.Live.Except(scan.Journal.Select(segment => segment.Id)).Order().ToArray();
        if (missing.Length > 0)
        {
            throw new LogDamagedException(DamageReport.DescribeMissing(_directory, missing, index));
        }
    }

    private void Report(JournalScan scan, StreamIndex index)
    {
        if (scan.DroppedBytes > 0)
        {
            LogTornTail(logger, scan.End.ToString(), scan.DroppedBytes);
        }

        // A folder that nobody ever wrote to was not stopped uncleanly either.
        LogOpened(logger, _directory, index.Count, scan.Groups.Count, scan.CleanStop || scan.Groups.Count + index.Count == 0);
    }

    /// <summary>The fresh segment is durable and says where the old journal ends: nothing behind that is needed.</summary>
    private async Task DiscardAsync(JournalScan scan)
    {
        foreach (var leftover in scan.Leftovers)
        {
            await leftover.File.DisposeAsync();
            await disk.DeleteAsync(leftover.Path);
        }

        if (scan.Journal.Find(segment => segment.Id == scan.Durable.Segment) is { } last
            && last.File.Length > scan.Durable.Offset)
        {
            await last.File.TruncateAsync(scan.Durable.Offset);
            last.EndEarly(scan.Durable.Offset);
        }
    }
}
