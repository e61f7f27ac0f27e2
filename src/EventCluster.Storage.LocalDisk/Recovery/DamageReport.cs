using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>Says in one line what damage before the journal's tail touches.</summary>
internal static class DamageReport
{
    public const string Advice = "Run with --salvage FROM TO to copy everything readable into a new directory.";

    private const int MostNamed = 20;

    /// <summary>Compares what follows the damage with the state before it.</summary>
    public static async Task<string> DescribeAsync(
        string directory, JournalScan scan, JournalPosition damage, StreamIndex index, EndRecord? record)
    {
        var names = index.Entries.ToDictionary(entry => entry.Number, entry => entry.Name.Value);
        var known = index.Entries.ToDictionary(entry => entry.Number, entry => (entry.Version, entry.Head.Tail));
        var touched = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var segment in scan.Journal.Concat(scan.Leftovers).Where(s => s.Id >= damage.Segment).OrderBy(s => s.Id))
        {
            var image = await SegmentImage.ReadAsync(segment);
            LenientReader.ForEachRecord(image, segment.Id == damage.Segment ? (int)damage.Offset : 0, (record, frame, at) =>
            {
                if (frame.Kind == RecordKind.Commit)
                {
                    Compare(JournalReplay.ReadCommit(record, frame, at), names, known, touched);
                }
            },
            change => Note(change, change.Head.Tail, names, known, touched));
        }

        return $"'{directory}/{DataFormat.SegmentFile(damage.Segment)}' is damaged at byte {damage.Offset}, before data that "
            + $"was flushed later{Recorded(record)}. Touched: {Join(touched)}. {Advice}";
    }

    /// <summary>Says that a segment ends before blocks that are still needed.</summary>
    public static string DescribeCut(string path, long length, long needed) =>
        $"'{path}' ends at byte {length}, and its blocks reach to byte {needed}. {Advice}";

    private static string Recorded(EndRecord? record) => record is null
        ? ""
        : $" (the end record says that everything up to byte {record.End.Offset} of "
            + $"'{DataFormat.SegmentFile(record.End.Segment)}' was)";

    /// <summary>Says what segments that are gone held.</summary>
    public static string DescribeMissing(string directory, IReadOnlyCollection<uint> segments, StreamIndex index)
    {
        var touched = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var entry in index.Entries)
        {
            var lost = entry.Blocks.Items.ToArray().Where(block => segments.Contains(block.Segment)).ToArray();
            if (lost.Length > 0)
            {
                touched.Add(
                    $"stream '{entry.Name.Value}', {lost.Length} blocks in sequences [{lost[0].FirstSequence}, {lost[^1].EndSequence})");
            }
        }

        var files = string.Join(", ", segments.Select(DataFormat.SegmentFile));
        return $"'{directory}' lacks {files}, or has other files under these names. Touched: {Join(touched)}. {Advice}";
    }

    private static string Join(SortedSet<string> touched) => touched.Count switch
    {
        0 => "streams that have no later events, which cannot be named",
        > MostNamed => $"{string.Join("; ", touched.Take(MostNamed))}; and {touched.Count - MostNamed} more",
        _ => string.Join("; ", touched),
    };

    private static void Compare(
        CommitChange change,
        Dictionary<long, string> names,
        Dictionary<long, (long Version, long Tail)> known,
        SortedSet<string> touched)
    {
        if (change.Version > known.GetValueOrDefault(change.Number).Version + 1)
        {
            Note(change, change.Block?.Ref.FirstSequence ?? change.Head.Tail, names, known, touched);
        }

        Remember(change, names, known);
    }

    /// <summary>Events of this stream are lost from the last known one up to <paramref name="end"/>.</summary>
    private static void Note(
        CommitChange change,
        long end,
        Dictionary<long, string> names,
        Dictionary<long, (long Version, long Tail)> known,
        SortedSet<string> touched)
    {
        var tail = known.GetValueOrDefault(change.Number).Tail;
        Remember(change, names, known);
        var stream = names.TryGetValue(change.Number, out var name) ? $"stream '{name}'" : $"stream number {change.Number}";
        touched.Add(end > tail ? $"{stream} sequences [{tail}, {end})" : $"{stream} (no events, other changes)");
    }

    private static void Remember(
        CommitChange change, Dictionary<long, string> names, Dictionary<long, (long Version, long Tail)> known)
    {
        var (version, tail) = known.GetValueOrDefault(change.Number);
        known[change.Number] = (Math.Max(version, change.Version), Math.Max(tail, change.Head.Tail));
        if (change.Name is { } name)
        {
            names[change.Number] = name.Value;
        }
    }
}
