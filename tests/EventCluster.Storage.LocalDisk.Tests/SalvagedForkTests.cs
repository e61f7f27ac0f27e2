using System.Globalization;
using EventCluster.Abstractions.Store;
using EventCluster.Conformance.Store;
using EventCluster.Storage.LocalDisk.Salvage;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.LocalDisk.Tests;

/// <summary>Whatever is lost of a stream, its forks in the salvaged store are read without damage, and their losses are said.</summary>
/// <remarks>
/// The store before: <c>src</c> has the events 0 to 5, two in a block. <c>fork</c> forks it at 5, inside a block, and has 5 and 6 of its own;
/// <c>bare</c> forks it at 4 and has none; <c>nested</c> forks <c>fork</c> at 6 and has 6 of its own; <c>late</c> is a fork that was trimmed to 4.
/// </remarks>
public sealed class SalvagedForkTests : IAsyncDisposable
{
    private const string InSource = "inherited from 'src', where it is unreadable";
    private const string InFork = "inherited from 'fork', where it is unreadable";
    private const string Unserved = "copied, but not served: it lies before lost events";

    private readonly StoreFixture _fixture = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _fixture.DisposeAsync();

    /// <summary>By which events are damaged: what each stream serves then, and what is said to be lost.</summary>
    public static TheoryData<string, string[], string[]> Damages() => new()
    {
        {
            "nothing",
            ["src: s0 s1 s2 s3 s4 s5", "fork: s0 s1 s2 s3 s4 f5 f6", "bare: s0 s1 s2 s3", "nested: s0 s1 s2 s3 s4 f5 n6", "late: s4 l5"],
            []
        },
        {
            "s0 s2 s4",
            ["src: ", "fork: f5 f6", "bare: ", "nested: f5 n6", "late: l5"],
            [
                "src [0, 6) unreadable", $"fork [0, 5) {InSource}", $"bare [0, 4) {InSource}", $"nested [0, 5) {InSource}", $"late [4, 5) {InSource}",
            ]
        },
        {
            "s0",
            ["src: s2 s3 s4 s5", "fork: s2 s3 s4 f5 f6", "bare: s2 s3", "nested: s2 s3 s4 f5 n6", "late: s4 l5"],
            ["src [0, 2) unreadable", $"fork [0, 2) {InSource}", $"bare [0, 2) {InSource}", $"nested [0, 2) {InSource}"]
        },
        {
            "s2",
            ["src: s4 s5", "fork: s4 f5 f6", "bare: ", "nested: s4 f5 n6", "late: s4 l5"],
            [
                "src [2, 4) unreadable", $"src [0, 2) {Unserved}",
                $"fork [2, 4) {InSource}", $"fork [0, 2) {Unserved}",
                $"bare [2, 4) {InSource}", $"bare [0, 2) {Unserved}",
                $"nested [2, 4) {InSource}", $"nested [0, 2) {Unserved}",
            ]
        },
        {
            "s4",
            ["src: s0 s1 s2 s3", "fork: f5 f6", "bare: s0 s1 s2 s3", "nested: f5 n6", "late: l5"],
            [
                "src [4, 6) unreadable",
                $"fork [4, 5) {InSource}", $"fork [0, 4) {Unserved}",
                $"nested [4, 5) {InSource}", $"nested [0, 4) {Unserved}",
                $"late [4, 5) {InSource}",
            ]
        },
        {
            "f5",
            ["src: s0 s1 s2 s3 s4 s5", "fork: f6", "bare: s0 s1 s2 s3", "nested: n6", "late: s4 l5"],
            [
                "fork [5, 6) unreadable", $"fork [0, 5) {Unserved}",
                $"nested [5, 6) {InFork}", $"nested [0, 5) {Unserved}",
            ]
        },
        {
            "f5 f6",
            ["src: s0 s1 s2 s3 s4 s5", "fork: s0 s1 s2 s3 s4", "bare: s0 s1 s2 s3", "nested: n6", "late: s4 l5"],
            ["fork [5, 7) unreadable", $"nested [5, 6) {InFork}", $"nested [0, 5) {Unserved}"]
        },
        {
            "s4 f5",
            ["src: s0 s1 s2 s3", "fork: f6", "bare: s0 s1 s2 s3", "nested: n6", "late: l5"],
            [
                "src [4, 6) unreadable",
                $"fork [4, 5) {InSource}", "fork [5, 6) unreadable", $"fork [0, 4) {Unserved}",
                $"nested [4, 5) {InSource}", $"nested [5, 6) {InFork}", $"nested [0, 4) {Unserved}",
                $"late [4, 5) {InSource}",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Salvage_DamagedBlocks_EveryForkIsReadWithoutDamage(string damaged, string[] served, string[] lost)
    {
        await MakeAsync();
        await DamageAsync(damaged);

        var report = await SalvageAsync();

        Assert.Equal(lost.Order(StringComparer.Ordinal), InWords(report.Losses));
        Assert.Equal(served, await ReadAllAsync("src", "fork", "bare", "nested", "late"));
    }

    [Theory]
    [InlineData("nothing", new[] { "src: ", "fork: s0 s1 s2 s3 s4 f5 f6", "nested: s0 s1 s2 s3 s4 f5 n6" })]
    [InlineData("s2", new[] { "src: ", "fork: s4 f5 f6", "nested: s4 f5 n6" })]
    [InlineData("s4", new[] { "src: ", "fork: f5 f6", "nested: f5 n6" })]
    public async Task Salvage_SourceKeptForForksOnly_EveryForkIsReadWithoutDamage(string damaged, string[] served)
    {
        await MakeAsync(endSource: true);
        await DamageAsync(damaged);

        var report = await SalvageAsync();

        Assert.Equal(damaged != "nothing", report.Losses.Count > 0);
        Assert.Equal(served, await ReadAllAsync("src", "fork", "nested"));
    }

    [Fact]
    public async Task Salvage_SourceWhoseNameIsLost_ForksBeginAtTheirOwnEvents()
    {
        await MakeAsync();
        await DamageAsync("state of src");

        var report = await SalvageAsync();

        Assert.Contains($"fork [0, 5) {InSource}", InWords(report.Losses));
        Assert.Equal(["fork: f5 f6", "bare: ", "nested: f5 n6", "late: l5"], await ReadAllAsync("fork", "bare", "nested", "late"));
    }

    [Fact]
    public async Task Salvage_SourceThatGaveUpMoreThanTheForkKnows_IsSaidAndReadWithoutDamage()
    {
        await MakeAsync();
        var source = await OwnAndPurgeAsync("src", 4);
        Assert.Equal(4, source.Head.Earliest);
        await DamageAsync("s4");

        var report = await SalvageAsync();

        Assert.Contains($"fork [0, 5) {InSource}", InWords(report.Losses));
        Assert.Equal(["fork: f5 f6", "bare: ", "nested: f5 n6", "late: l5"], await ReadAllAsync("fork", "bare", "nested", "late"));
    }

    [Fact]
    public async Task Salvage_BeginOfAHistoryLost_KeepsItsBlocks()
    {
        await _fixture.OpenAsync();
        var owner = await _fixture.CreateAsync("a", "one");
        await owner.CommitAsync(owner.Next() with { Incarnations = owner.Incarnations!.Add(7, 1), State = TestData.Payload("damaged here") });
        await owner.AppendAsync("two");
        await DamageAsync("'damaged here'");

        var report = await SalvageAsync();

        Assert.DoesNotContain(report.Losses, loss => loss.To > loss.From);
        Assert.Equal(["a: one two"], await ReadAllAsync("a"));
    }

    /// <summary>By whose reservations are lost and how far forks were trimmed: what each source has after the salvage.</summary>
    public static TheoryData<string, string, string[]> Reservations() => new()
    {
        { "", "", ["src: bare 0-4, fork 0-5, late 0-5", "fork: nested 0-6"] },
        { "fork", "", ["src: bare 0-4, fork 0-5, late 0-5", "fork: nested 0-6"] },
        { "bare", "", ["src: bare 0-4, fork 0-5, late 0-5", "fork: nested 0-6"] },
        { "nested", "", ["src: bare 0-4, fork 0-5, late 0-5", "fork: nested 0-6"] },

        // From where the fork stands: what lies before is needed by nobody.
        { "late", "", ["src: bare 0-4, fork 0-5, late 4-5", "fork: nested 0-6"] },
        { "fork bare nested late", "", ["src: bare 0-4, fork 0-5, late 4-5", "fork: nested 0-6"] },

        // From where a fork of the fork stands, which needs more of the source than the fork does.
        { "fork", "fork 6", ["src: bare 0-4, fork 0-5, late 0-5", "fork: nested 0-6"] },
        { "fork nested", "fork 6", ["src: bare 0-4, fork 0-5, late 0-5", "fork: nested 0-6"] },
        { "fork nested", "fork 6, nested 3", ["src: bare 0-4, fork 3-5, late 0-5", "fork: nested 3-6"] },

        // Nothing is needed any more.
        { "fork nested", "fork 6, nested 7", ["src: bare 0-4, late 0-5", "fork: "] },
        { "bare", "bare 4", ["src: fork 0-5, late 0-5", "fork: nested 0-6"] },
        { "late", "late released", ["src: bare 0-4, fork 0-5", "fork: nested 0-6"] },
    };

    /// <summary>
    /// Goal: a source knows after a salvage what its forks need, also when the commit with a reservation is lost. Method: sources
    /// that never had some of them, which is what is left of such a commit.
    /// </summary>
    [Theory]
    [MemberData(nameof(Reservations))]
    public async Task Salvage_LostReservation_IsMadeAgain(string lost, string trimmed, string[] reserved)
    {
        await MakeAsync(lost: lost);
        foreach (var words in trimmed.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(static part => part.Split(' ')))
        {
            var owner = await _fixture.OwnAsync(words[0]);
            await owner.CommitAsync(words[1] == "released"
                ? owner.Next() with { State = ForkStates.Release(owner.Opened.Head!.State) }
                : owner.Next() with { Head = owner.Head with { Earliest = long.Parse(words[1], CultureInfo.InvariantCulture) } });
        }

        await DamageAsync("nothing");
        var report = await SalvageAsync();

        Assert.Equal(reserved, (string[])[await ReservationsOfAsync("src"), await ReservationsOfAsync("fork")]);
        Assert.All(report.Losses, static loss => Assert.Contains("is made again", loss.What, StringComparison.Ordinal));
    }

    /// <summary>What a source keeps for another stream of the fork's name, or in its state, is not the fork's to ask for again.</summary>
    [Fact]
    public async Task Salvage_ReservationInTheStateOrOfAnotherHistory_IsLeftAlone()
    {
        await _fixture.OpenAsync();
        var source = await _fixture.CreateAsync("src", "s0 s1");
        await ForkAsync("held", source, 2, [("src", 0, 2)], reserve: false);
        await source.CommitAsync(source.Next() with { State = TestData.Payload($"holds {ForkStates.IdOf("held")};") });
        var other = await _fixture.OwnAsync("other");
        await other.CommitAsync(other.Create(9, "o0", "o1"));
        await ForkAsync("stray", source, 3, [("other", 0, 2)], reserve: false);

        await DamageAsync("nothing");
        var report = await SalvageAsync();

        Assert.Equal(["src: ", "other: "], (string[])[await ReservationsOfAsync("src"), await ReservationsOfAsync("other")]);
        Assert.DoesNotContain(report.Losses, static loss => loss.What.Contains("made again", StringComparison.Ordinal));
    }

    private async Task<string> ReservationsOfAsync(string name)
    {
        var opened = await _fixture.Store.OpenAsync(TestData.Name(name), Cancellation);
        var ids = opened.Producers.Where(static entry => entry.Id.StartsWith("reservation of ", StringComparison.Ordinal));
        return $"{name}: " + string.Join(", ", ids
            .Select(static entry => FormattableString.Invariant($"{entry.Id["reservation of ".Length..]} {entry.Epoch}-{entry.Sequence}"))
            .Order(StringComparer.Ordinal));
    }

    private async Task MakeAsync(bool endSource = false, string lost = "")
    {
        await _fixture.OpenAsync();
        var source = await _fixture.CreateAsync("src", "s0 s1", "s2 s3", "s4 s5");
        var fork = await ForkAsync("fork", source, 2, [("src", 0, 5)], !IsLost("fork"), "f5", "f6");
        await ForkAsync("bare", source, 3, [("src", 0, 4)], !IsLost("bare"));
        await ForkAsync("nested", fork, 4, [("src", 0, 5), ("fork", 5, 6)], !IsLost("nested"), "n6");
        var late = await ForkAsync("late", source, 5, [("src", 0, 5)], !IsLost("late"), "l5");
        await late.CommitAsync(late.Next() with { Head = late.Head with { Earliest = 4 } });
        if (endSource)
        {
            await source.CommitAsync(source.Next() with { Head = source.Head with { Earliest = 6, RetainedBytes = 0 } });
        }

        bool IsLost(string name) => lost.Split(' ').Contains(name);
    }

    private async Task<LogStoreOwner> ForkAsync(
        string name, LogStoreOwner source, long incarnation, (string Ancestor, long From, long To)[] inherited, bool reserve, params string[] events)
    {
        var fork = await _fixture.OwnAsync(name);
        var create = fork.Next();
        var point = inherited[^1].To;
        await fork.CommitAsync(create with
        {
            Head = create.Head with { Tail = point },
            Incarnations = source.Incarnations!.UpTo(point).Add(incarnation, point),
            State = ForkPlaces.State(inherited),
        });
        if (reserve)
        {
            await source.CommitAsync(source.Next() with { Producers = [new ProducerEntry(ForkStates.IdOf(name), inherited[0].From, point, 0)] });
        }

        foreach (var text in events)
        {
            await fork.AppendAsync(text);
        }

        return fork;
    }

    private async Task<LogStoreOwner> OwnAndPurgeAsync(string name, long before)
    {
        var owner = await _fixture.OwnAsync(name);
        await owner.CommitAsync(owner.Next() with
        {
            Head = owner.Head with { Earliest = before },
            Purges = [new SequenceRange(0, before)],
        });
        return owner;
    }

    /// <summary>Stops the store and damages the bytes of each word's payload; what is quoted is one word.</summary>
    private async Task DamageAsync(string damaged)
    {
        await _fixture.Store.DisposeAsync();
        var words = damaged == "nothing" ? [] : damaged.StartsWith("state", StringComparison.Ordinal) ? [damaged]
            : damaged[0] == '\'' ? [damaged.Trim('\'')] : damaged.Split(' ');
        foreach (var word in words)
        {
            var (path, offset) = await _fixture.FindAsync(word);
            _fixture.Disk.Rot(path, offset);
        }
    }

    private async Task<SalvageReport> SalvageAsync()
    {
        var report = await LocalDiskSalvage.RunAsync(
            StoreFixture.Data,
            "/salvaged",
            _fixture.Disk.Attach(),
            new ForkStates(),
            TimeProvider.System,
            NullLogger<LocalDiskLogStore>.Instance,
            Cancellation);
        await _fixture.OpenAsync(StoreFixture.Options("/salvaged"));
        return report;
    }

    private static IEnumerable<string> InWords(IEnumerable<SalvageLoss> losses) => losses
        .Where(loss => loss.To > loss.From)
        .Select(loss => FormattableString.Invariant($"{loss.Stream} [{loss.From}, {loss.To}) {loss.What}"))
        .Order(StringComparer.Ordinal);

    /// <summary>What the readers of each stream get, asking the store as an owner does: place by place, none may be missing.</summary>
    private async Task<string[]> ReadAllAsync(params string[] names)
    {
        var all = new List<string>();
        foreach (var name in names)
        {
            var head = await _fixture.Store.GetHeadAsync(TestData.Name(name), Cancellation);
            Assert.NotNull(head);
            var texts = new List<string>();
            foreach (var place in ForkPlaces.Of(head))
            {
                for (var next = place.From; next < place.To;)
                {
                    var blocks = await _fixture.Store.ReadAsync(place with { From = next }, 1 << 20, Cancellation);
                    Assert.True(blocks.Count > 0, $"'{name}' has a retained position {next} without a stored block.");
                    foreach (var block in blocks)
                    {
                        var to = Math.Min(block.EndSequence, place.To);
                        texts.AddRange(TestData.Texts(block).Take((int)(to - block.FirstSequence)).Skip((int)(next - block.FirstSequence)));
                        next = to;
                    }
                }
            }

            all.Add($"{name}: {string.Join(' ', texts)}");
        }

        return [.. all];
    }
}
