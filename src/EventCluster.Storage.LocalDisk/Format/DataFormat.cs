namespace EventCluster.Storage.LocalDisk.Format;

/// <summary>The version of everything in a data directory, and the names of its files.</summary>
internal static class DataFormat
{
    /// <summary>The newest format, the one that is written.</summary>
    public const int Version = 2;

    /// <summary>The first format that records the journal's end beside the journal.</summary>
    public const int FirstWithEndRecord = 2;

    public const string FormatFile = "format.json";
    public const string EndFile = "end.dat";
    public const string LockFile = "lock";
    public const string TemporarySuffix = ".tmp";

    /// <summary>First part of the name of a file whose bytes this store cannot explain; such files are never read again.</summary>
    public const string AsidePrefix = "aside-";

    private const string SegmentPrefix = "segment-";
    private const string SegmentSuffix = ".log";
    private const string CheckpointPrefix = "checkpoint-";
    private const string CheckpointSuffix = ".dat";

    public static string SegmentFile(uint segment) => $"{SegmentPrefix}{segment:D10}{SegmentSuffix}";

    public static string CheckpointFile(uint number) => $"{CheckpointPrefix}{number:D10}{CheckpointSuffix}";

    /// <summary>True for a file that a step of this store makes before it renames it; what is found of one is unfinished.</summary>
    public static bool IsOwnTemporary(string name)
    {
        if (!name.EndsWith(TemporarySuffix, StringComparison.Ordinal))
        {
            return false;
        }

        var whole = name[..^TemporarySuffix.Length];
        return whole is FormatFile or EndFile || Checkpoints([whole]).Length > 0;
    }

    /// <summary>Numbers of the segments among these file names, ascending.</summary>
    public static uint[] Segments(IEnumerable<string> names) => Numbers(names, SegmentPrefix, SegmentSuffix);

    /// <summary>Numbers of the checkpoints among these file names, ascending.</summary>
    public static uint[] Checkpoints(IEnumerable<string> names) => Numbers(names, CheckpointPrefix, CheckpointSuffix);

    private static uint[] Numbers(IEnumerable<string> names, string prefix, string suffix) =>
        [.. names
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal))
            .Select(name => name[prefix.Length..^suffix.Length])
            .Where(digits => digits.Length == 10 && digits.All(char.IsAsciiDigit))
            .Select(digits => uint.TryParse(digits, out var number) ? number : 0)
            .Where(number => number > 0)
            .Order()];
}
