using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Checkpoints;
using EventCluster.Storage.LocalDisk.Disk;
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
        catch (DiskFullException e)
        {
            await held.DisposeAsync();
            throw new DataDirectoryUnusableException($"'{_directory}': {e.Message} A start needs some kilobytes beside the journal.");
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
        var ends = await OpenEndsAsync(format);
        try
        {
            return await OpenAsync(held, format, ends, names, cancellationToken);
        }
        catch
        {
            await (ends?.DisposeAsync() ?? default);
            throw;
        }
    }

    private async Task<OpenedJournal> OpenAsync(
        IAsyncDisposable held, FormatFile format, EndFile? ends, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var record = ends?.Last;
        if (record is not null)
        {
            await ListedFiles.CheckAsync(disk, _directory, names, record);
        }

        foreach (var name in names.Where(DataFormat.IsOwnTemporary))
        {
            await disk.DeleteAsync($"{_directory}/{name}");
        }

        var segments = new SegmentSet(disk, _directory, format.StoreId);
        var (checkpoint, known) = await ReadCheckpointsAsync(names, format.StoreId, record);
        cancellationToken.ThrowIfCancellationRequested();
        var index = checkpoint?.Index ?? new StreamIndex();
        var range = checkpoint?.Range ?? CheckpointRange.None;
        var scan = await new JournalScanner(segments, format.StoreId, record).ScanAsync(DataFormat.Segments(names), range.From);
        scan.StartNumber = Math.Max(Math.Max(scan.StartNumber, checkpoint?.StartNumber ?? 0), record?.StartNumber ?? 0);
        scan.Durable = scan.Durable > range.To ? scan.Durable : range.To;
        if (scan.End < range.To)
        {
            // The checkpoint declares this much flushed.
            scan.Damage ??= scan.End;
        }

        RefuseGuess(scan, record, range.From);
        var replay = new JournalReplay(index, range);
        await ReplayAsync(scan, replay);
        await RefuseDamageAsync(scan, index, record);
        scan.Journal.ForEach(segments.Add);
        var start = await new FreshSegment(disk, options, segments, format.StoreId).BeginAsync(scan, replay);
        (index.Applied, index.AppliedGroup) = (start.Current.EndPosition, start.GroupNumber);
        var cleaner = new StartCleaner(disk, _directory, format.StoreId, logger);
        StartCleaner.LeaveRewritten(scan, start);
        var kept = await cleaner.JudgeCheckpointsAsync(names, known.Newest, record);
        ends = await RecordStartAsync(ends, start, kept);
        Report(scan, index);
        await cleaner.CleanAsync(scan, start, names);
        if (record is null)
        {
            // Last, so that a start that is cut off begins the upgrade again, and an older build never meets the new rules.
            format = format with { FormatVersion = DataFormat.Version };
            await format.WriteAsync(disk, _directory);
            LogUpgraded(logger, _directory, DataFormat.Version);
        }

        var acksUnflushed = record?.StartNumber >= scan.NewestStart ? record.AcksUnflushed : scan.AcksUnflushed;
        return new OpenedJournal(
            held,
            format,
            index,
            start,
            ends,
            known,
            scan.Groups.Sum(group => (long)group.TotalBytes),
            LostAcks: !scan.CleanStop && acksUnflushed);
    }

    private async Task<FormatFile> ReadFormatAsync(IReadOnlyList<string> names)
    {
        if (await FormatFile.TryReadAsync(disk, _directory, names) is { } found)
        {
            RefuseWithoutJournal(names, found);
            return found.Copy && !options.Restored
                ? throw new DataDirectoryUnusableException(
                    $"'{_directory}' is a backup: start with --restored, which opens a new history of every stream.")
                : found;
        }

        if (DataFormat.Segments(names).Length > 0 || DataFormat.Checkpoints(names).Length > 0 || await WasServedAsync(names))
        {
            throw new DataDirectoryUnusableException(
                $"'{_directory}' has journal files but no {DataFormat.FormatFile}. Restore it from a backup of this store.");
        }

        // The end record comes first: from then on a format file without one means that something is lost.
        var made = FormatFile.New(options.NewStoreId, time);
        var ends = await EndFile.CreateAsync(disk, _directory, EndRecord.OfNewStore(made.StoreId));
        await ends.DisposeAsync();
        await made.WriteAsync(disk, _directory);
        return made;
    }

    /// <summary>A store that lost all its files looks like a new one; only the end record tells them apart.</summary>
    private void RefuseWithoutJournal(IReadOnlyList<string> names, FormatFile format)
    {
        var lacksRecord = !names.Contains(DataFormat.EndFile, StringComparer.Ordinal);
        if (format.FormatVersion >= DataFormat.FirstWithEndRecord && lacksRecord)
        {
            throw new LogDamagedException(
                $"'{_directory}/{DataFormat.EndFile}' is missing, so nothing proves where the journal ends. {DamageReport.Advice}");
        }

        if (lacksRecord && DataFormat.Segments(names).Length == 0 && DataFormat.Checkpoints(names).Length == 0)
        {
            throw new LogDamagedException(
                $"'{_directory}' has {DataFormat.FormatFile} and nothing else: its journal is missing. Restore it from a backup; "
                + $"if its first start was cut off before it served anything, remove {DataFormat.FormatFile}.");
        }
    }

    /// <summary>The first start makes an end record before the format file: one that says that nothing was served is no store.</summary>
    private async Task<bool> WasServedAsync(IReadOnlyList<string> names)
    {
        if (!names.Contains(DataFormat.EndFile, StringComparer.Ordinal))
        {
            return false;
        }

        var ends = await EndFile.TryOpenAsync(disk, _directory, storeId: null, writable: false);
        await (ends?.DisposeAsync() ?? default);
        return ends?.Last.StartNumber != 0;
    }

    /// <summary>The end record; null in a folder of format 1, whatever an upgrade that was cut off left behind there.</summary>
    private async Task<EndFile?> OpenEndsAsync(FormatFile format)
    {
        if (format.FormatVersion < DataFormat.FirstWithEndRecord)
        {
            return null;
        }

        return await EndFile.TryOpenAsync(disk, _directory, format.StoreId, writable: true)
            ?? throw new LogDamagedException(
                $"'{_directory}/{DataFormat.EndFile}' is damaged in both its slots, so nothing proves where the journal ends. "
                + DamageReport.Advice);
    }

    /// <summary>The fresh segment is listed before anything of the old ones is cut or deleted.</summary>
    private async Task<EndFile> RecordStartAsync(EndFile? ends, JournalStart start, IReadOnlyList<ListedFile> checkpoints)
    {
        var record = new EndRecord(
            start.StoreId, Counter: 1, start.StartNumber, !options.Flush, start.Flushed, start.GroupNumber)
            .With(checkpoints, start.Segments.All.Select(segment => new ListedFile(segment.Id, segment.End)));
        if (ends is null)
        {
            return await EndFile.CreateAsync(disk, _directory, record);
        }

        await ends.MakeDurableAsync();
        await ends.WriteAsync(record);
        return ends;
    }

    private async Task<(Checkpoint? Newest, KnownCheckpoints Known)> ReadCheckpointsAsync(
        IReadOnlyList<string> names, UInt128 storeId, EndRecord? record)
    {
        var listed = record?.Checkpoints.Select(file => file.Number).DefaultIfEmpty().Max() ?? 0;
        foreach (var number in DataFormat.Checkpoints(names).Reverse())
        {
            if (await CheckpointReader.TryReadAsync(disk, _directory, storeId, number) is { } checkpoint)
            {
                // An older one may be there, but where it begins is not worth reading it: nothing is dropped until
                // this start has written its own.
                return (checkpoint, new KnownCheckpoints(Math.Max(number, listed), number, checkpoint.Range.From, JournalPosition.None));
            }

            LogBadCheckpoint(logger, DataFormat.CheckpointFile(number));
        }

        return (null, new KnownCheckpoints(listed, 0, JournalPosition.None, JournalPosition.None));
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

    /// <summary>
    /// Format 1 has no second place. A first start that was cut off leaves at most an empty first segment; other files without
    /// any header are the rest of a journal that is gone.
    /// </summary>
    private static void RefuseGuess(JournalScan scan, EndRecord? record, JournalPosition from)
    {
        if (record is null
            && from == JournalPosition.None
            && scan.Journal.Count == 0
            && scan.Damage is null
            && scan.Leftovers.Count > 0
            && (scan.Unexplained.Count > 0 || scan.Leftovers.All(file => file.Id > 1)))
        {
            scan.Damage = new JournalPosition(scan.Leftovers[0].Id, 0);
        }
    }

    private async Task RefuseDamageAsync(JournalScan scan, StreamIndex index, EndRecord? record)
    {
        if (scan.Damage is { } damage)
        {
            throw new LogDamagedException(await DamageReport.DescribeAsync(_directory, scan, damage, index, record));
        }

        // A block index is only as good as the files behind it, and so is a list of files.
        var listed = record?.Segments.Select(file => file.Number) ?? [];
        var missing = index.Usage.Live.Union(listed).Except(scan.Journal.Select(segment => segment.Id)).Order().ToArray();
        if (missing.Length > 0)
        {
            throw new LogDamagedException(DamageReport.DescribeMissing(_directory, missing, index));
        }

        if (scan.Journal.Find(segment => index.Usage.EndOf(segment.Id) > segment.Capacity) is { } cut)
        {
            throw new LogDamagedException(DamageReport.DescribeCut(cut.Path, cut.Capacity, index.Usage.EndOf(cut.Id)));
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
}
