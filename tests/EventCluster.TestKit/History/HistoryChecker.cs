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
            if (entry.Kind == HistoryEntryKind.Fork)
            {
                Find(streams, entry.Stream).Inherit(Find(streams, entry.Source!), entry);
            }
            else
            {
                Find(streams, entry.Stream).Add(entry);
            }
        }

        List<HistoryFault> faults = [];
        foreach (var stream in streams.Values)
        {
            stream.Judge(faults);
        }

        return faults;
    }

    private static StreamHistory Find(Dictionary<string, StreamHistory> streams, string name)
    {
        if (!streams.TryGetValue(name, out var stream))
        {
            streams.Add(name, stream = new StreamHistory(name));
        }

        return stream;
    }
}
