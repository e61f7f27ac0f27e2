using System.Text.RegularExpressions;
using Xunit;

namespace EventCluster.Architecture.Tests.Sources;

/// <summary>What runs beside requests is a part that readiness names when it has died; nothing ends in silence.</summary>
public sealed partial class BackgroundWorkTests
{
    // Files that start work of their own and are no part, each with its reason.
    private static readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal)
    {
        ["src/EventCluster.Core/Running/HeadConfirmer.cs"] = "one question to the store, waited for by all who asked it",
        ["src/EventCluster.Hosting/Commands/Terminal.cs"] = "one line of output, waited for",
        ["src/EventCluster.Storage.LocalDisk/Journal/JournalThread.cs"] =
            "only runs the tasks of the journal's writer, which is a loop; an exception here ends the process",
        ["src/EventCluster.Silo/Hosting/SiloFatalErrors.cs"] = "ends the process",
    };

    private static IEnumerable<SourceFile> Starters => SourceFile.Under("src").Where(file => file.Lines.Any(line => Pattern().IsMatch(line)));

    [Fact]
    public void Work_ThatRunsBesideRequests_IsABackgroundPart()
    {
        var silent = Starters
            .Where(file => !_reasons.ContainsKey(file.Path) && !file.Lines.Any(line => Part().IsMatch(line)))
            .Select(file => $"{file.Path}: use BackgroundLoop, or implement IBackgroundPart and register it");

        Assert.Empty(silent);
    }

    [Fact]
    public void Reasons_AreOfFilesThatNeedThem() =>
        Assert.Empty(_reasons.Keys.Except(Starters.Select(static file => file.Path), StringComparer.Ordinal));

    /// <summary>A part that nothing asks is as silent as none: its fault is passed on by another one, or it is registered.</summary>
    [Fact]
    public void Loops_AreAskedForTheirFault()
    {
        var silent = SourceFile.Under("src")
            .Where(file => file.Lines.Any(line => line.Contains("new BackgroundLoop(", StringComparison.Ordinal)))
            .Where(file => !file.Lines.Any(line => line.Contains("string? Fault", StringComparison.Ordinal)))
            .Select(file => file.Path);

        Assert.Empty(silent);
    }

    [GeneratedRegex(@"new Thread\(|\bStartNew\(|\bTask\.Run\(|new PeriodicTimer\(|: BackgroundService\b|QueueUserWorkItem\(")]
    private static partial Regex Pattern();

    [GeneratedRegex(@"\bBackgroundLoop\b|\bIBackgroundPart\b")]
    private static partial Regex Part();
}
