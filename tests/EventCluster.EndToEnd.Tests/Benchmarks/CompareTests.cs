using System.Net;
using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Compare;
using EventCluster.Benchmarks.Running;
using EventCluster.Benchmarks.Subjects;
using Xunit;

namespace EventCluster.EndToEnd.Tests.Benchmarks;

/// <summary>What <c>compare</c> concludes from figures: intervals, verdicts, repeated rounds, and options of another commit.</summary>
public sealed class CompareTests
{
    private static readonly double[] Hundreds = [100, 100, 100, 100, 100, 100, 100, 100, 100];

    /// <summary>New figures against nine of 100, what kind of figure it is, and the verdict.</summary>
    public static TheoryData<double[], GateKind, Verdict> Judged => new()
    {
        { [100, 101, 99, 100, 101, 99, 100, 101, 99], GateKind.Cost, Verdict.NoSlower },
        { [100, 101, 99, 100, 101, 99, 100, 101, 99], GateKind.Rate, Verdict.NoSlower },
        { [105, 106, 104, 105, 106, 104, 105, 106, 104], GateKind.Cost, Verdict.Slower },
        { [105, 106, 104, 105, 106, 104, 105, 106, 104], GateKind.Rate, Verdict.Faster },
        { [95, 94, 96, 95, 94, 96, 95, 94, 96], GateKind.Cost, Verdict.Faster },
        { [95, 94, 96, 95, 94, 96, 95, 94, 96], GateKind.Rate, Verdict.Slower },
        { [95, 94, 96, 95, 94, 96, 95, 94, 96], GateKind.Printed, Verdict.NoSlower },

        // Around the tolerance: the interval reaches over it.
        { [103, 104, 102, 103, 104, 102, 103, 104, 102], GateKind.Cost, Verdict.NoSlower },

        // Wide, and on both sides of the tolerance.
        { [80, 120, 80, 120, 80, 120, 80, 120, 100], GateKind.Cost, Verdict.Inconclusive },
        { [80, 120, 80, 120, 80, 120, 80, 120, 100], GateKind.Rate, Verdict.Inconclusive },
        { [90, 125, 90, 125, 90, 125, 90, 125, 108], GateKind.Cost, Verdict.Inconclusive },

        // Wide, but wholly on one side: width excuses nothing and hides nothing.
        { [120, 160, 120, 160, 120, 160, 120, 160, 140], GateKind.Cost, Verdict.Slower },
        { [50, 80, 50, 80, 50, 80, 50, 80, 60], GateKind.Cost, Verdict.Faster },
        { [50, 80, 50, 80, 50, 80, 50, 80, 60], GateKind.Rate, Verdict.Slower },
        { [100, 100, 100, 100, 100, 100, 100, 100, 100], GateKind.Cost, Verdict.NoSlower },
    };

    [Theory]
    [MemberData(nameof(Judged))]
    public void Judge_NineRounds_SaysWhatTheIntervalShows(double[] after, GateKind kind, Verdict verdict) =>
        Assert.Equal(verdict, new Gate("x", kind).Judge(RatioInterval.Of(Hundreds, after)));

    [Fact]
    public void Interval_OfKnownPairs_IsStudents()
    {
        // Log ratios 0.00 to 0.08: mean 0.04, deviation 0.0273861, t(8) = 2.306.
        var interval = RatioInterval.Of([1, 1, 1, 1, 1, 1, 1, 1, 1], [.. Enumerable.Range(0, 9).Select(i => Math.Exp(i / 100.0))]);
        Assert.Equal(
            (Math.Exp(0.04), Math.Exp(0.04 - 0.021051), Math.Exp(0.04 + 0.021051)), (interval.Ratio, interval.Low, interval.High), Near);
        Assert.Equal((1 / interval.High, 1 / interval.Low), (interval.Inverse().Low, interval.Inverse().High));
    }

    [Theory]
    [InlineData(2, 12.706)]
    [InlineData(5, 2.776)]
    [InlineData(10, 2.262)]
    [InlineData(11, 2.228)]
    [InlineData(28, 2.052)]
    [InlineData(1_000, 1.962)]
    public void Interval_OfPairs_HasTheQuantileOfTheirNumber(int pairs, double quantile)
    {
        var after = Enumerable.Range(0, pairs).Select(i => Math.Exp(i % 2 == 0 ? 0.01 : -0.01)).ToArray();
        var mean = after.Average(Math.Log);
        var deviation = Math.Sqrt(after.Sum(value => Math.Pow(Math.Log(value) - mean, 2)) / (pairs - 1));
        var interval = RatioInterval.Of([.. Enumerable.Repeat(1.0, pairs)], after);
        Assert.Equal(quantile, Math.Log(interval.High / interval.Ratio) * Math.Sqrt(pairs) / deviation, 0.002);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 0)]
    [InlineData(3, 2)]
    public void Interval_WithoutTwoPairs_IsRefused(int before, int after) => Assert.Throws<ArgumentException>(
        () => RatioInterval.Of([.. Enumerable.Repeat(1.0, before)], [.. Enumerable.Repeat(1.0, after)]));

    [Fact]
    public void Interval_OfFiguresThatAreNotThere_IsRefused() =>
        Assert.Throws<ArgumentException>(() => RatioInterval.Of([1, 1], [1, 0]));

    [Fact]
    public async Task Run_Rows_AreRepeatedWhileInconclusiveUpToTheLimit()
    {
        var (old, now) = (new Side("old"), new Side("new"));
        var order = new List<string>();
        var results = await new Comparison(old, now, least: 9, most: 14).RunAsync(Context(), [
            Row("even", (_, _) => 100),
            Row("wild", (side, round) => side == "old" ? 100 : round % 2 == 0 ? 70 : 150),
            Row("settles", (side, round) => side == "old" || round > 9 ? 100 : round == 9 ? 125 : 100),
            Row("slower", (side, round) => side == "old" ? 100 : 104 + (round % 2)),
        ], (_, _) => Task.CompletedTask);
        Assert.Equal(
            [("even", 9, Verdict.NoSlower), ("wild", 14, Verdict.Inconclusive), ("settles", 11, Verdict.NoSlower), ("slower", 9, Verdict.Slower)],
            results.Select(result => (result.Row.Key, result.Rounds, result.Verdict)));
        Assert.Equal(["old", "new", "new", "old", "old", "new", "new", "old"], order.Take(8));
        Assert.Equal((14, 14, 0, 0), (old.Started, now.Started, old.Running, now.Running));
        var table = new CompareTable("x", results);
        Assert.Equal((1, "slower: slower; inconclusive: wild"), (table.ExitCode, table.Summary));
        Assert.Contains("SLOWER", table.Text(), StringComparison.Ordinal);
        Assert.Equal(3, new CompareTable("x", [.. results.Take(3)]).ExitCode);
        Assert.Equal(0, new CompareTable("x", [results[0], results[2]]).ExitCode);

        CompareRow Row(string key, Func<string, int, double> figure)
        {
            var rounds = new Dictionary<string, int> { ["old"] = 0, ["new"] = 0 };
            return new CompareRow(key, key, [new Gate("x", GateKind.Cost)])
            {
                OnRunning = (_, subject) =>
                {
                    if (key == "even")
                    {
                        order.Add(subject.Name);
                    }

                    return Task.FromResult<IReadOnlyList<Figure>>([new("x", figure(subject.Name, ++rounds[subject.Name]))]);
                },
            };
        }
    }

    [Fact]
    public async Task Run_RowThatFails_EndsItsServers()
    {
        var (old, now) = (new Side("old"), new Side("new"));
        var row = new CompareRow("x", "x", []) { OnRunning = (_, _) => throw new InvalidDataException("A hole.") };
        await Assert.ThrowsAsync<InvalidDataException>(
            () => new Comparison(old, now, 9, 9).RunAsync(Context(), [row], (_, _) => Task.CompletedTask));
        Assert.Equal((1, 1, 0, 0), (old.Started, now.Started, old.Running, now.Running));
    }

    [Theory]
    [InlineData(1.0, 1.4, true, "+0.40 (aim: at most 0.5 more): met")]
    [InlineData(1.0, 0.8, true, "-0.20 (aim: at most 0.5 more): met")]
    [InlineData(1.0, 1.6, false, "+0.60 (aim: at most 0.5 more): MISSED")]
    public void Aim_IsPrintedAndNotGated(double old, double now, bool isMet, string text)
    {
        var result = new RowResult(new CompareRow("tail", "x", [new Gate("p50 ms", GateKind.Printed) { MostAdded = 0.5 }]));
        for (var i = 0; i < 2; i++)
        {
            result.Add([new Figure("p50 ms", old)], [new Figure("p50 ms", now)]);
        }

        var table = new CompareTable("x", [result]);
        Assert.Contains(text, table.Text(), StringComparison.Ordinal);
        Assert.Equal((isMet, 0), (result.Figures()[0].IsMet, table.ExitCode));
        Assert.Contains($"\"isMet\":{(isMet ? "true" : "false")}", System.Text.Json.JsonSerializer.Serialize(table.Json()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("w1,cluster-w9")]
    [InlineData("")]
    public async Task Rows_Unknown_AreNamedWithAllThatThereAre(string rows)
    {
        var settings = new BenchmarkSettings { Tiny = true, Sizes = new Dictionary<string, string>(StringComparer.Ordinal) { ["only"] = rows } };
        var e = await Assert.ThrowsAsync<SettingsException>(
            () => new CompareBenchmark().RunAsync(new BenchmarkContext(settings, new Report(), CancellationToken.None)));
        Assert.Contains("node,cluster,append-1-1,", e.Message, StringComparison.Ordinal);
        Assert.Contains(",cluster-tail", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Translate_ForAnotherCommit_GivesTheNamesThatItKnows()
    {
        var left = new List<string>();
        var names = new OptionNames(
            OptionNames.Read(["| Key | Default |", "| `EventCluster:Urls` (`--urls`) | x |", "| `EventCluster:Old:Limit` | 1 |", "text"]),
            new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase)
            {
                ["EventCluster:New:Limit"] = ["EventCluster:Middle:Limit", "EventCluster:Old:Limit"],
            });
        Assert.Equal(
            ["--EventCluster:Urls=http://x?a=b", "--EventCluster:Old:Limit=5"],
            names.Translate(
                ["--EventCluster:Urls=http://x?a=b", "--eventcluster:new:limit=5", "--EventCluster:Memory:Budget=9"], left.Add));
        Assert.Equal("left out, because the checkout has no such option: --EventCluster:Memory:Budget=9", Assert.Single(left));
        Assert.Throws<FormatException>(() => names.Translate(["EventCluster:Urls"], left.Add));
    }

    [Fact]
    public void Renamed_EveryEntry_IsAnOptionOfToday()
    {
        var today = OptionNames.Read(File.ReadLines(Path.Combine(TestKit.Servers.ServerFiles.Repository, "docs", "OPTIONS.md")));
        Assert.NotEmpty(today);
        Assert.All(OptionNames.Renamed, entry => Assert.True(today.Contains(entry.Key) && !entry.Value.Any(today.Contains), entry.Key));
    }

    private static BenchmarkContext Context() => new(new BenchmarkSettings(), new Report(), CancellationToken.None);

    private static bool Near((double, double, double) x, (double, double, double) y) =>
        Math.Abs(x.Item1 - y.Item1) < 1e-5 && Math.Abs(x.Item2 - y.Item2) < 1e-5 && Math.Abs(x.Item3 - y.Item3) < 1e-5;

    private sealed class Side(string name) : ICompareSide
    {
        public int Started { get; private set; }

        public int Running { get; private set; }

        public string Name => name;

        public Task<Subject> StartAsync(string? dataPath, CancellationToken cancellationToken)
        {
            (Started, Running) = (Started + 1, Running + 1);
            return Task.FromResult<Subject>(new Nothing(name, () => Running--));
        }
    }

    private sealed class Nothing(string name, Action end) : Subject(name, new IPEndPoint(IPAddress.Loopback, 1), new ProcessTree([], () =>
    {
        end();
        return ValueTask.CompletedTask;
    }))
    {
        public override LiveTransport EventSource => throw new NotSupportedException();

        public override Task CreateAsync(string stream) => throw new NotSupportedException();

        protected override string PublishPath(string stream) => throw new NotSupportedException();

        protected override string PositionOf(HttpResponseMessage answer, string body) => throw new NotSupportedException();
    }
}
