using System.Text.RegularExpressions;
using Xunit;

namespace EventCluster.Architecture.Tests.Sources;

/// <summary>
/// A counter that is changed by <c>Interlocked</c> in one place is changed so in all of them. A plain step, under a lock or not, can
/// lose the other one; what counts waiting requests then grows for ever and refuses everybody in the end.
/// </summary>
public sealed partial class CounterTests
{
    [Fact]
    public void Counters_OfInterlocked_AreChangedByNothingElse()
    {
        var mixed = SourceFile.Under("src").GroupBy(static file => PartsOf(file.Path), StringComparer.Ordinal)
            .SelectMany(static parts => Mixed([.. parts.SelectMany(static file => file.Lines)]).Select(line => $"{parts.Key}: {line}"));

        Assert.Empty(mixed);
    }

    [Theory]
    [InlineData("Interlocked.Decrement(ref _a);", "_a++;")]
    [InlineData("Interlocked.Increment(ref _a);", "--_a;")]
    [InlineData("Interlocked.Add(ref _a, 2);", "_a -= 3;")]
    [InlineData("Interlocked.Add(ref _a, 2);", "x = _a--;")]
    public void Counters_ThatAreMixed_AreFound(params string[] lines) => Assert.Equal([lines[1]], Mixed(lines));

    [Theory]
    [InlineData("Interlocked.Decrement(ref _a);", "_ab++;")]
    [InlineData("Interlocked.Decrement(ref _a);", "b_a++;")]
    [InlineData("Interlocked.Increment(ref _a);", "private long _a = 3;")]
    [InlineData("Interlocked.Increment(ref _a);", "if (_a >= 3)")]
    [InlineData("Interlocked.Read(ref _a);", "_a++;")]
    public void Counters_ThatAreNotMixed_AreNotFound(params string[] lines) => Assert.Empty(Mixed(lines));

    /// <summary>What all files of one partial type have in common.</summary>
    private static string PartsOf(string path) => path[..path.IndexOf('.', path.LastIndexOf('/'))];

    private static IEnumerable<string> Mixed(IReadOnlyList<string> lines)
    {
        var counters = lines.SelectMany(static line => Atomic().Matches(line)).Select(static match => match.Groups[1].Value)
            .ToHashSet(StringComparer.Ordinal);
        return lines.Where(line => Plain().Matches(line).Any(match => counters.Contains(match.Groups[1].Value + match.Groups[2].Value)))
            .Select(static line => line.Trim());
    }

    [GeneratedRegex(@"Interlocked\.(?:Increment|Decrement|Add)\(ref (_\w+)")]
    private static partial Regex Atomic();

    // Steps only: to set a counter back under a lock may be meant.
    [GeneratedRegex(@"(?:\+\+|--)(_\w+)|(?<!\w)(_\w+)(?:\+\+|--| [-+]= )")]
    private static partial Regex Plain();
}
