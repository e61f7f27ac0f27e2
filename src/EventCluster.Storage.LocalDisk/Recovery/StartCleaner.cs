using EventCluster.Storage.LocalDisk.Checkpoints;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Journal;
using Microsoft.Extensions.Logging;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>
/// What a start does with files that are no part of the store any more. Only what is explained is cut or deleted, and only
/// after an end record says so; everything else is set aside under another name.
/// </summary>
internal sealed partial class StartCleaner(IDisk disk, string directory, UInt128 storeId, ILogger logger)
{
    private readonly List<string> _aside = [];
    private readonly List<string> _unneeded = [];

    /// <summary>
    /// Segments behind the durable position: the fresh segment has all their records again, and its header leaves them out.
    /// </summary>
    public static void LeaveRewritten(JournalScan scan, JournalStart start)
    {
        foreach (var segment in scan.Journal.Where(segment => segment != start.Current).ToArray())
        {
            if (segment.Id > scan.Durable.Segment)
            {
                scan.Journal.Remove(segment);
                start.Segments.Leave(segment);
                scan.Leftovers.Add(segment);
            }
            else if (segment.Id == scan.Durable.Segment)
            {
                segment.End = Math.Min(segment.End, scan.Durable.Offset);
            }
        }
    }

    /// <summary>
    /// The checkpoints to list: those that are listed, and the newest. A whole one that is not listed was about to be
    /// unlinked, or was made just before the end.
    /// </summary>
    public async Task<IReadOnlyList<ListedFile>> JudgeCheckpointsAsync(
        IReadOnlyList<string> names, uint newest, EndRecord? record)
    {
        var kept = new List<ListedFile>();
        foreach (var number in DataFormat.Checkpoints(names))
        {
            var name = DataFormat.CheckpointFile(number);
            if (record is null || number == newest || record.Checkpoints.Any(file => file.Number == number))
            {
                kept.Add(new ListedFile(number, await LengthAsync(name)));
            }
            else
            {
                var whole = await CheckpointReader.TryReadAsync(disk, directory, storeId, number) is not null;
                (whole ? _unneeded : _aside).Add(name);
            }
        }

        return kept;
    }

    /// <summary>The start is recorded: nothing here is listed any more.</summary>
    public async Task CleanAsync(JournalScan scan, JournalStart start, IReadOnlyList<string> names)
    {
        foreach (var leftover in scan.Leftovers)
        {
            await leftover.File.DisposeAsync();
            (scan.Unexplained.Contains(leftover.Id) ? _aside : _unneeded).Add(DataFormat.SegmentFile(leftover.Id));
        }

        foreach (var name in _unneeded)
        {
            await disk.DeleteAsync($"{directory}/{name}");
        }

        var count = names.Count(name => name.StartsWith(DataFormat.AsidePrefix, StringComparison.Ordinal));
        foreach (var name in _aside)
        {
            var aside = $"{DataFormat.AsidePrefix}{start.StartNumber}-{name}";
            await disk.RenameAsync($"{directory}/{name}", $"{directory}/{aside}");
            LogSetAside(logger, $"{directory}/{name}", aside, ++count);
        }

        await disk.FlushDirectoryAsync(directory);
        if (scan.Journal.Find(segment => segment.Id == scan.Durable.Segment) is { } last
            && last != start.Current
            && last.File.Length > scan.Durable.Offset)
        {
            await last.File.TruncateAsync(scan.Durable.Offset);
            last.EndEarly(scan.Durable.Offset);
        }
    }

    private async Task<long> LengthAsync(string name)
    {
        var file = await disk.OpenAsync($"{directory}/{name}", writable: false);
        await using (file)
        {
            return file.Length;
        }
    }
}
