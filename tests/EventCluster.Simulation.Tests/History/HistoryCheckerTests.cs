using EventCluster.Protocol;
using EventCluster.TestKit.History;
using Xunit;

namespace EventCluster.Simulation.Tests.History;

/// <summary>The checker is a measuring instrument: it must stay silent on good histories and name every kind of damage.</summary>
public sealed class HistoryCheckerTests
{
    private const int Seeds = 40;

    public static TheoryData<HistoryFaultKind, string> Damages() => new()
    {
        { HistoryFaultKind.Lost, "an acked event in the middle is lost, and the rest moves up" },
        { HistoryFaultKind.Lost, "the acked tail is lost" },
        { HistoryFaultKind.Lost, "a batch is acked as a duplicate though it is not there" },
        { HistoryFaultKind.Duplicated, "an event is there twice" },
        { HistoryFaultKind.Reordered, "two batches of a producer are swapped" },
        { HistoryFaultKind.Reordered, "a batch lies before one acked earlier" },
        { HistoryFaultKind.ReaderSkipped, "a reader skips an event" },
        { HistoryFaultKind.ReaderSkipped, "a reader never says where it starts" },
        { HistoryFaultKind.ReaderRepeated, "a reader gets an offset again" },
        { HistoryFaultKind.Diverged, "a reader sees another event" },
        { HistoryFaultKind.Diverged, "a reader sees another incarnation" },
        { HistoryFaultKind.Diverged, "a fork inherits another event" },
        { HistoryFaultKind.Vanished, "a reader saw more than there is" },
        { HistoryFaultKind.AckMisplaced, "an ack names the offset before" },
        { HistoryFaultKind.AckMisplaced, "an ack names another incarnation" },
        { HistoryFaultKind.AckMisplaced, "a batch is acked at two offsets" },
        { HistoryFaultKind.Invented, "an event that nobody sent" },
        { HistoryFaultKind.Invented, "an event whose attempts were all refused" },
        { HistoryFaultKind.Torn, "half of an unacked batch" },
        { HistoryFaultKind.HeadMoved, "the head moved without a trim" },
        { HistoryFaultKind.Unverified, "nobody read to the end" },
    };

    [Fact]
    public void Check_GoodHistories_FindsNothing()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            Assert.Empty(HistoryChecker.Check(SeededHistory.Create(seed)));
        }
    }

    [Fact]
    public void Check_EmptyHistory_FindsNothing()
    {
        Assert.Empty(HistoryChecker.Check([]));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void Check_DamagedHistories_NamesTheDamage(HistoryFaultKind damage, string how)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var entries = SeededHistory.Create(seed);
            HistoryFaultKindr.Apply(entries, how, new Random(seed));

            var found = HistoryChecker.Check(entries);

            Assert.True(
                found.Any(v => v.Kind == damage), $"Seed {seed}: not found; instead: {string.Join("; ", found)}");
        }
    }

    [Fact]
    public void Check_AppendThatWasNeverAnswered_MayBeThereOrNot()
    {
        var entries = SeededHistory.Create(1);
        entries.Insert(0, entries.First(e => e.Kind == HistoryEntryKind.Attempt) with { Producer = "silent", Payloads = ["x"] });

        Assert.Empty(HistoryChecker.Check(entries));
    }

    [Fact]
    public void SaveAndLoad_KeepEveryEntry()
    {
        var recorder = new HistoryRecorder();
        recorder.Attempt("s", "p \"1\"\n", 7, ["a", "b"]);
        recorder.Acknowledge("s", "p \"1\"\n", 7, new StreamOffset(1, 2));
        recorder.Acknowledge("s", "p \"1\"\n", 7, next: null);
        recorder.Refuse("s", "p", 8);
        recorder.Start("s", "r", from: null);
        recorder.Observe("s", "r", new StreamOffset(1, 1), "a");
        recorder.Gap("s", "r", new StreamOffset(1, 1));
        recorder.Fork("f", "s", new StreamOffset(1, 1));
        recorder.Trim("s", new StreamOffset(1, 1));
        recorder.Final("s", "r");
        using var text = new StringWriter();
        recorder.Save(text);

        using var saved = new StringReader(text.ToString());
        var loaded = HistoryRecorder.Load(saved);

        Assert.Equal(10, text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(recorder.Entries.Select(e => e with { Payloads = [] }), loaded.Select(e => e with { Payloads = [] }));
        Assert.Equal(recorder.Entries.Select(e => string.Join(' ', e.Payloads)), loaded.Select(e => string.Join(' ', e.Payloads)));
    }
}
