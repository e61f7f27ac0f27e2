using EventCluster.Protocol;
using EventCluster.TestKit.History;
using Xunit;

namespace EventCluster.EndToEnd.Tests.History;

/// <summary>The checker must fail for each kind of damage, and for nothing else.</summary>
public sealed class HistoryCheckerTests
{
    private const string Stream = "s";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Check_GoodHistory_FindsNothing(int seed) => Assert.Empty(HistoryChecker.Check(Good(seed).Entries));

    [Theory]
    [InlineData(HistoryFaultKind.Lost)]
    [InlineData(HistoryFaultKind.Duplicated)]
    [InlineData(HistoryFaultKind.Reordered)]
    [InlineData(HistoryFaultKind.ReaderSkipped)]
    [InlineData(HistoryFaultKind.ReaderRepeated)]
    [InlineData(HistoryFaultKind.Diverged)]
    [InlineData(HistoryFaultKind.AckMisplaced)]
    [InlineData(HistoryFaultKind.Torn)]
    [InlineData(HistoryFaultKind.Invented)]
    public void Check_DamagedHistory_NamesTheDamage(HistoryFaultKind kind)
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var damaged = Damage([.. Good(seed).Entries], kind, new Random(seed));
            Assert.Contains(HistoryChecker.Check(damaged), fault => fault.Kind == kind);
        }
    }

    [Fact]
    public void Check_UnacknowledgedAppendThatNeverLanded_IsNoLoss()
    {
        var history = Good(1);
        history.Attempt(Stream, "p0", 1_000, ["never"]);
        Assert.Empty(HistoryChecker.Check(history.Entries));
    }

    [Fact]
    public void Check_TrimmedEvents_AreNoLoss()
    {
        var history = new HistoryRecorder();
        history.Attempt(Stream, "p", 0, ["a", "b"]);
        history.Acknowledge(Stream, "p", 0, At(2));
        history.Attempt(Stream, "p", 1, ["c"]);
        history.Acknowledge(Stream, "p", 1, At(3));
        history.Trim(Stream, At(2));
        history.Start(Stream, "late", At(1));
        history.Gap(Stream, "late", At(2));
        history.Observe(Stream, "late", At(3), "c");
        Assert.Empty(HistoryChecker.Check(history.Entries));
    }

    [Fact]
    public void SaveAndLoad_AnyHistory_GivesTheSameEntries()
    {
        var history = Good(5);
        using var text = new StringWriter();
        history.Save(text);
        var loaded = HistoryRecorder.Load(new StringReader(text.ToString()));
        Assert.Equal(history.Entries.Count, loaded.Count);
        Assert.Empty(HistoryChecker.Check(loaded));
        Assert.Equal(history.Entries.Select(e => (e.Kind, e.Offset, e.Number)), loaded.Select(e => (e.Kind, e.Offset, e.Number)));
    }

    /// <summary>Two producers, appends of one to three events, some unacknowledged, two readers of which one resumes.</summary>
    private static HistoryRecorder Good(int seed)
    {
        var random = new Random(seed);
        var history = new HistoryRecorder();
        var log = new List<string>();
        var numbers = new long[2];
        for (var i = 0; i < 30; i++)
        {
            var producer = i < 2 ? i : random.Next(2);
            var number = numbers[producer]++;
            string[] payloads = [.. Enumerable.Range(0, i < 2 ? 3 : 1 + random.Next(3)).Select(k => $"{producer}-{number}-{k}")];
            history.Attempt(Stream, $"p{producer}", number, payloads);
            log.AddRange(payloads);
            if (i < 2 || random.Next(4) > 0)
            {
                history.Acknowledge(Stream, $"p{producer}", number, i < 2 || random.Next(3) > 0 ? At(log.Count) : null);
            }
        }

        history.Start(Stream, "first", null);
        history.Start(Stream, "second", null);
        for (var i = 0; i < log.Count; i++)
        {
            history.Observe(Stream, "first", At(i + 1), log[i]);
            if (i == log.Count / 2)
            {
                history.Start(Stream, "second", At(i));
            }

            history.Observe(Stream, "second", At(i + 1), log[i]);
        }

        return history;
    }

    private static List<HistoryEntry> Damage(List<HistoryEntry> entries, HistoryFaultKind kind, Random random)
    {
        // The first producer's first append: three events at 1, 2 and 3, acknowledged with its position.
        switch (kind)
        {
            case HistoryFaultKind.Lost:
                return Renumber(entries, payload => payload.StartsWith("0-0-", StringComparison.Ordinal) ? null : payload);
            case HistoryFaultKind.Duplicated:
                return Renumber(entries, payload => payload == "0-0-1" ? "0-0-0" : payload);
            case HistoryFaultKind.Reordered:
                return Renumber(entries, payload => payload switch { "0-0-0" => "0-0-1", "0-0-1" => "0-0-0", _ => payload });
            case HistoryFaultKind.Invented:
                return Renumber(entries, payload => payload == "0-0-1" ? "nobody's" : payload);
            case HistoryFaultKind.Torn:
                entries.RemoveAll(e => e.Kind == HistoryEntryKind.Acknowledge && e.Producer == "p0" && e.Number == 0);
                return Renumber(entries, payload => payload == "0-0-1" ? null : payload);
            case HistoryFaultKind.AckMisplaced:
                var ack = entries.FindIndex(e => e is { Kind: HistoryEntryKind.Acknowledge, Offset: not null });
                entries[ack] = entries[ack] with { Offset = At(entries[ack].Position!.Value.Sequence + 1).ToString() };
                return entries;
        }

        var reads = Enumerable.Range(0, entries.Count)
            .Where(i => entries[i] is { Kind: HistoryEntryKind.Observe, Reader: "first" }).ToArray();
        var at = reads[1 + random.Next(reads.Length - 2)];
        switch (kind)
        {
            case HistoryFaultKind.ReaderSkipped:
                entries.RemoveAt(at);
                break;
            case HistoryFaultKind.ReaderRepeated:
                entries.Insert(at, entries[at]);
                break;
            case HistoryFaultKind.Diverged:
                entries[at] = entries[at] with { Payloads = ["other"] };
                break;
        }

        return entries;
    }

    /// <summary>What both readers would have seen had the log held other payloads; null leaves one out.</summary>
    private static List<HistoryEntry> Renumber(List<HistoryEntry> entries, Func<string, string?> change)
    {
        var result = new List<HistoryEntry>();
        var next = new Dictionary<string, long>(StringComparer.Ordinal) { ["first"] = 0, ["second"] = 0 };
        foreach (var entry in entries)
        {
            if (entry.Kind == HistoryEntryKind.Start && entry.Offset is not null)
            {
                continue;
            }

            if (entry.Kind != HistoryEntryKind.Observe)
            {
                result.Add(entry);
            }
            else if (change(entry.Payloads[0]) is { } payload)
            {
                result.Add(entry with { Payloads = [payload], Offset = At(++next[entry.Reader!]).ToString() });
            }
        }

        return result;
    }

    private static StreamOffset At(long sequence) => new(1, sequence);
}
