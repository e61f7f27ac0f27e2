namespace EventCluster.TestKit.History;

/// <summary>
/// Checks a history against the promises: acknowledged means kept, once, in order; every reader sees the same events at
/// the same positions without gap or repetition. Loss can only be told if for every stream at least one reader went on
/// to the tail after the last acknowledgement.
/// </summary>
public static class HistoryChecker
{
    /// <summary>All faults of a history; none for a good one.</summary>
    public static IReadOnlyList<HistoryFault> Check(IEnumerable<HistoryEntry> entries)
    {
        var faults = new List<HistoryFault>();
        foreach (var stream in entries.GroupBy(entry => entry.Stream, StringComparer.Ordinal))
        {
            CheckStream(stream.Key, [.. stream], faults);
        }

        return faults;
    }

    private static void CheckStream(string stream, IReadOnlyList<HistoryEntry> entries, List<HistoryFault> faults)
    {
        var positions = new SortedDictionary<long, (string Offset, string Payload)>();
        foreach (var reader in entries.Where(e => e.Reader is not null).GroupBy(e => e.Reader!, StringComparer.Ordinal))
        {
            CheckReader(stream, reader.Key, reader, positions, faults);
        }

        var places = PlacesOf(stream, positions, faults);
        var trimmed = entries.Where(e => e.Kind == HistoryEntryKind.Trim).Select(e => e.Position!.Value.Sequence).DefaultIfEmpty(0).Max();
        CheckAppends(stream, entries, places, trimmed, faults);
    }

    private static void CheckReader(
        string stream,
        string reader,
        IEnumerable<HistoryEntry> seen,
        SortedDictionary<long, (string Offset, string Payload)> positions,
        List<HistoryFault> faults)
    {
        var at = 0L;
        foreach (var entry in seen)
        {
            var sequence = entry.Position?.Sequence ?? 0;
            if (entry.Kind != HistoryEntryKind.Observe)
            {
                at = sequence;
                continue;
            }

            if (sequence != at + 1)
            {
                var kind = sequence <= at ? HistoryFaultKind.ReaderRepeated : HistoryFaultKind.ReaderSkipped;
                faults.Add(new(kind, $"{stream}: {reader} was at {at} and then saw {sequence} ({entry.Payloads[0]})"));
            }

            at = sequence;
            var found = (entry.Offset!, entry.Payloads[0]);
            if (positions.TryAdd(sequence, found))
            {
                continue;
            }

            if (positions[sequence] != found)
            {
                faults.Add(new(HistoryFaultKind.Diverged, $"{stream} at {sequence}: {reader} saw {found}, another {positions[sequence]}"));
            }
        }
    }

    private static Dictionary<string, long> PlacesOf(
        string stream, SortedDictionary<long, (string Offset, string Payload)> positions, List<HistoryFault> faults)
    {
        var places = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (sequence, (_, payload)) in positions)
        {
            if (!places.TryAdd(payload, sequence))
            {
                faults.Add(new(HistoryFaultKind.Duplicated, $"{stream}: {payload} stands at {places[payload]} and at {sequence}"));
            }
        }

        return places;
    }

    private static void CheckAppends(
        string stream, IReadOnlyList<HistoryEntry> entries, Dictionary<string, long> places, long trimmed, List<HistoryFault> faults)
    {
        var acknowledged = ByAppend(entries, HistoryEntryKind.Acknowledge);
        var refused = ByAppend(entries, HistoryEntryKind.Refuse);
        var sent = new HashSet<string>(StringComparer.Ordinal);
        foreach (var producer in entries.Where(e => e.Kind == HistoryEntryKind.Attempt).GroupBy(e => e.Producer!, StringComparer.Ordinal))
        {
            var last = 0L;
            foreach (var attempt in producer.OrderBy(e => e.Number))
            {
                var acks = acknowledged[(producer.Key, attempt.Number)];
                if (!refused.Contains((producer.Key, attempt.Number)))
                {
                    sent.UnionWith(attempt.Payloads);
                }

                last = CheckAppend(stream, attempt, [.. acks], places, (trimmed, last), faults);
            }
        }

        foreach (var payload in places.Keys.Where(payload => !sent.Contains(payload)))
        {
            faults.Add(new(HistoryFaultKind.Invented, $"{stream}: {payload} at {places[payload]} was not sent, or was refused for good"));
        }
    }

    private static ILookup<(string Producer, long Number), HistoryEntry> ByAppend(
        IReadOnlyList<HistoryEntry> entries, HistoryEntryKind kind) =>
        entries.Where(e => e.Kind == kind).ToLookup(e => (e.Producer!, e.Number));

    private static long CheckAppend(
        string stream,
        HistoryEntry attempt,
        HistoryEntry[] acks,
        Dictionary<string, long> places,
        (long Trimmed, long Last) bounds,
        List<HistoryFault> faults)
    {
        var what = $"{stream}: append {attempt.Number} of {attempt.Producer}";
        var at = attempt.Payloads.Select(p => places.TryGetValue(p, out var place) ? place : (long?)null).ToArray();
        var end = acks.Select(a => a.Position?.Sequence).FirstOrDefault(s => s is not null);
        if (Array.Exists(at, place => place is null))
        {
            // Where it stood is known only if it was acknowledged with a position; an unknown place is excused by any trim.
            var mayBeTrimmed = bounds.Trimmed > 0 && (end ?? 0) - attempt.Payloads.Count < bounds.Trimmed;
            if (!mayBeTrimmed && acks.Length > 0)
            {
                faults.Add(new(HistoryFaultKind.Lost, $"{what} was acknowledged at {end} and is not all there: {string.Join(", ", attempt.Payloads)}"));
            }
            else if (!mayBeTrimmed && Array.Exists(at, place => place is not null))
            {
                faults.Add(new(HistoryFaultKind.Torn, $"{what} is there in part"));
            }

            return Math.Max(bounds.Last, at.Max() ?? 0);
        }

        var ordered = at.Zip(at.Skip(1), (a, b) => b == a + 1).All(next => next);
        if (!ordered || at[0] <= bounds.Last)
        {
            faults.Add(new(HistoryFaultKind.Reordered, $"{what} stands at {string.Join(", ", at)}, the one before ended at {bounds.Last}"));
        }

        if (end is { } acked && acked != at[^1])
        {
            faults.Add(new(HistoryFaultKind.AckMisplaced, $"{what} was acknowledged at {acked} and ends at {at[^1]}"));
        }

        return at[^1] ?? bounds.Last;
    }
}
