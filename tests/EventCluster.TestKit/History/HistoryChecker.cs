namespace EventCluster.TestKit.History;

/// <summary>
/// Judges a history: no acked event lost, none duplicated, every producer's order kept, all readers' views gap-free and
/// one common order, offsets rising and the same for readers and acks, nothing torn, nothing invented.
/// </summary>
public static class HistoryChecker
{
    /// <summary>Everything that is wrong; empty for a good history.</summary>
    public static IReadOnlyList<HistoryFault> Check(IEnumerable<HistoryEntry> entries)
    {
        Dictionary<string, StreamHistory> streams = new(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (!streams.TryGetValue(entry.Stream, out var stream))
            {
                streams.Add(entry.Stream, stream = new StreamHistory(entry.Stream));
            }

            if (entry is { Kind: HistoryEntryKind.Fork, Source: { } source } && streams.TryGetValue(source, out var parent))
            {
                stream.Inherit(parent, entry);
            }
            else
            {
                stream.Add(entry);
            }
        }

        List<HistoryFault> faults = [];
        foreach (var stream in streams.Values)
        {
            stream.Judge(faults);
        }

        return faults;
    }
}
