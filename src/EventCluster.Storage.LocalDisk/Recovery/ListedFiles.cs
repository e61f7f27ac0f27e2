using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Disk;
using EventCluster.Storage.LocalDisk.Format;

namespace EventCluster.Storage.LocalDisk.Recovery;

/// <summary>Compares the files of a directory with what its end record lists.</summary>
internal static class ListedFiles
{
    private const int MostNamed = 20;

    /// <summary>What is missing or too short, one text a file. A file may be longer than listed.</summary>
    public static async Task<IReadOnlyList<string>> FindFaultsAsync(
        IDisk disk, string directory, IReadOnlyList<string> names, EndRecord record)
    {
        var there = names.ToHashSet(StringComparer.Ordinal);
        var faults = new List<string>();
        var listed = record.Segments.Select(file => (Name: DataFormat.SegmentFile(file.Number), file.Length))
            .Concat(record.Checkpoints.Select(file => (Name: DataFormat.CheckpointFile(file.Number), file.Length)));
        foreach (var (name, length) in listed)
        {
            if (!there.Contains(name))
            {
                faults.Add($"'{name}' is missing");
            }
            else if (await LengthAsync(disk, $"{directory}/{name}") is var found && found < length)
            {
                faults.Add($"'{name}' ends at byte {found}, and {length} bytes of it were flushed");
            }
        }

        return faults;
    }

    /// <summary>Refuses the directory if anything is missing or too short.</summary>
    /// <exception cref="LogDamagedException">Names the files.</exception>
    public static async Task CheckAsync(IDisk disk, string directory, IReadOnlyList<string> names, EndRecord record)
    {
        var faults = await FindFaultsAsync(disk, directory, names, record);
        if (faults.Count > 0)
        {
            var more = faults.Count > MostNamed ? $"; and {faults.Count - MostNamed} more" : "";
            throw new LogDamagedException(
                $"'{directory}' lacks what its end record lists: {string.Join("; ", faults.Take(MostNamed))}{more}. {DamageReport.Advice}");
        }
    }

    private static async Task<long> LengthAsync(IDisk disk, string path)
    {
        var file = await disk.OpenAsync(path, writable: false);
        await using (file)
        {
            return file.Length;
        }
    }
}
