using EventCluster.Protocol;
using EventCluster.TestKit.History;

namespace EventCluster.Simulation.Tests.History;

/// <summary>Does one named damage to a good history of <see cref="SeededHistory"/>.</summary>
internal static class HistoryFaultKindr
{
    private const string Stream = SeededHistory.Stream;

    public static void Apply(List<HistoryEntry> entries, string how, Random random)
    {
        switch (how)
        {
            case "an acked event in the middle is lost, and the rest moves up":
                ReplaceViews(entries, log => log.RemoveAt(IndexOfAcked(entries, log, random)));
                break;
            case "the acked tail is lost":
                ReplaceViews(entries, log => log.RemoveRange(log.Count - 8, 8));
                break;
            case "a batch is acked as a duplicate though it is not there":
                InsertBeforeViews(entries, Attempt("dup", 0, "dup"), new() { Kind = HistoryEntryKind.Acknowledge, Stream = Stream, Producer = "dup", Number = 0 });
                break;
            case "an event is there twice":
                ReplaceViews(entries, log => log.Insert(random.Next(log.Count), log[random.Next(log.Count)]));
                break;
            case "two batches of a producer are swapped":
                ReplaceViews(entries, SwapBatches);
                break;
            case "a batch lies before one acked earlier":
                InsertBeforeViews(entries, Attempt("late", 0, "late"));
                ReplaceViews(entries, log => log.Insert(log.Count / 2, "late"));
                break;
            case "a reader skips an event":
                entries.RemoveAt(Observations(entries, "r0")[2]);
                break;
            case "a reader never says where it starts":
                entries.RemoveAll(e => e.Kind == HistoryEntryKind.Start && e.Reader == "r0");
                break;
            case "a reader gets an offset again":
                entries.Insert(Observations(entries, "r0")[^1] + 1, entries[Observations(entries, "r0")[random.Next(3)]]);
                break;
            case "a reader sees another event":
                Change(entries, Observations(entries, "r0")[^1], e => e with { Payloads = ["p0-0-0"] });
                break;
            case "a reader sees another incarnation":
                Change(entries, Observations(entries, "r0")[^1], e => e with { Offset = Moved(e.Offset!, 7, 0) });
                break;
            case "a fork inherits another event":
                var inherited = entries.FindIndex(e => e.Stream == SeededHistory.Fork && e.Kind == HistoryEntryKind.Observe);
                Change(entries, inherited, e => e with { Payloads = entries[Observations(entries, "final")[^1]].Payloads });
                break;
            case "a reader saw more than there is":
                var last = entries[Observations(entries, "r0")[^1]];
                entries.Add(Attempt("more", 0, "more"));
                entries.Add(last with { Offset = Moved(last.Offset!, 0, 1), Payloads = ["more"] });
                break;
            case "an ack names the offset before":
                Change(entries, entries.FindLastIndex(IsAck), e => e with { Offset = Moved(e.Offset!, 0, -1) });
                break;
            case "an ack names another incarnation":
                Change(entries, entries.FindLastIndex(IsAck), e => e with { Offset = Moved(e.Offset!, 3, 0) });
                break;
            case "a batch is acked at two offsets":
                var ack = entries.FindIndex(IsAck);
                entries.Insert(ack + 1, entries[ack] with { Offset = Moved(entries[ack].Offset!, 0, 5) });
                break;
            case "an event that nobody sent":
                ReplaceViews(entries, log => log.Add("nobody"));
                break;
            case "an event whose attempts were all refused":
                InsertBeforeViews(entries, Attempt("no", 0, "no"), new() { Kind = HistoryEntryKind.Refuse, Stream = Stream, Producer = "no", Number = 0 });
                ReplaceViews(entries, log => log.Add("no"));
                break;
            case "half of an unacked batch":
                InsertBeforeViews(entries, Attempt("half", 0, "half-0", "half-1"));
                ReplaceViews(entries, log => log.Add("half-0"));
                break;
            case "the head moved without a trim":
                entries.RemoveAll(e => e.Kind == HistoryEntryKind.Trim);
                break;
            case "nobody read to the end":
                entries.RemoveAll(e => e.Kind == HistoryEntryKind.Final);
                break;
            default:
                throw new ArgumentException($"No such damage: {how}", nameof(how));
        }
    }

    private static bool IsAck(HistoryEntry entry) =>
        entry is { Kind: HistoryEntryKind.Acknowledge, Stream: Stream, Offset: not null };

    private static HistoryEntry Attempt(string producer, long number, params string[] payloads) =>
        new() { Kind = HistoryEntryKind.Attempt, Stream = Stream, Producer = producer, Number = number, Payloads = payloads };

    private static void Change(List<HistoryEntry> entries, int index, Func<HistoryEntry, HistoryEntry> change) =>
        entries[index] = change(entries[index]);

    private static string Moved(string offset, long incarnations, long sequences)
    {
        var (incarnation, sequence) = StreamOffset.Parse(offset);
        return new StreamOffset(incarnation + incarnations, sequence + sequences).ToString();
    }

    private static List<int> Observations(List<HistoryEntry> entries, string reader) =>
        [.. Enumerable.Range(0, entries.Count).Where(i =>
            entries[i] is { Kind: HistoryEntryKind.Observe, Stream: Stream } && entries[i].Reader == reader)];

    private static void InsertBeforeViews(List<HistoryEntry> entries, params HistoryEntry[] inserted) =>
        entries.InsertRange(entries.FindLastIndex(e => e.Kind == HistoryEntryKind.Acknowledge) + 1, inserted);

    /// <summary>Damages the log itself: all readers of the stream then see the same, wrong events.</summary>
    private static void ReplaceViews(List<HistoryEntry> entries, Action<List<string>> damage)
    {
        var log = Observations(entries, "r0").Select(i => entries[i].Payloads[0]).ToList();
        damage(log);
        entries.RemoveAll(e => e.Stream == SeededHistory.Fork
            || (e.Stream == Stream && e.Kind is HistoryEntryKind.Observe or HistoryEntryKind.Start or HistoryEntryKind.Final or HistoryEntryKind.Trim));
        foreach (var reader in new[] { "r0", "final" })
        {
            entries.Add(new() { Kind = HistoryEntryKind.Start, Stream = Stream, Reader = reader, Offset = new StreamOffset(1, 0).ToString() });
            for (var i = 0; i < log.Count; i++)
            {
                entries.Add(new()
                {
                    Kind = HistoryEntryKind.Observe,
                    Stream = Stream,
                    Reader = reader,
                    Payloads = [log[i]],
                    Offset = new StreamOffset(1, i + 1).ToString(),
                });
            }
        }

        entries.Add(new() { Kind = HistoryEntryKind.Final, Stream = Stream, Reader = "final" });
    }

    private static int IndexOfAcked(List<HistoryEntry> entries, List<string> log, Random random)
    {
        var acked = entries.Where(IsAck).Select(e => $"{e.Producer}-{e.Number}-0").ToHashSet();
        var indexes = Enumerable.Range(0, log.Count - 1).Where(i => acked.Contains(log[i])).ToArray();
        return indexes[random.Next(indexes.Length)];
    }

    private static void SwapBatches(List<string> log)
    {
        var first = log.FindIndex(p => p.StartsWith("p0-", StringComparison.Ordinal));
        var last = log.FindLastIndex(p => p.StartsWith("p0-", StringComparison.Ordinal) && p.EndsWith("-0", StringComparison.Ordinal));
        (log[first], log[last]) = (log[last], log[first]);
    }
}
