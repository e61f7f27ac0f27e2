using System.Diagnostics;
using Xunit;

namespace EventCluster.Architecture.Tests.Scripts;

/// <summary>What <c>test.sh</c> prints of a suite that failed: which tests, and why, wherever in the log that stands.</summary>
public sealed class FailureListTests : IDisposable
{
    private const string Skipped = "    A.B.Rows(name: \"x\") [SKIP]\n      Not here.\n";

    private readonly string _log = Path.GetTempFileName();

    /// <summary>A log of each kind of runner, and what is said of it in short.</summary>
    public static TheoryData<string, string> Logs => new()
    {
        {
            "  Starting:    A\n    A.B.Fails(name: \"x [1]\") [FAIL]\n      Assert.Equal() Failure\n      Expected: 1\n      Stack Trace:\n"
            + "        A.cs(1,0): at A.B.Fails()\n      Output:\n        A FAILED thing\n" + Skipped + "  Finished:    A\n",
            "    A.B.Fails(name: \"x [1]\") [FAIL]\n      Assert.Equal() Failure\n"
        },
        {
            "    [Test Class Cleanup Failure (A.B)] System.TimeoutException\n      Too late.\n      Stack Trace:\n",
            "    [Test Class Cleanup Failure (A.B)] System.TimeoutException\n      Too late.\n"
        },
        {
            "\u001b[41m FAIL \u001b[49m a.test.mjs\u001b[2m > \u001b[22mone\nError: why\n \u276f a.mjs:1:1\n\n\u23af\u23af\u23af[1/2]\u23af\n\n"
            + " FAIL  a.test.mjs > two\n FAIL  a.test.mjs > three\nError: why else\n\u23af\u23af\u23af\n Test Files  1 failed (1)\n",
            " FAIL  a.test.mjs > one\nError: why\n FAIL  a.test.mjs > two\n FAIL  a.test.mjs > three\nError: why else\n"
        },
        {
            "\u2716 one (3ms)\n\u2139 fail 1\n\n\u2716 failing tests:\n\ntest at a.test.mjs:1:1\n\u2716 one (3ms)\n  Error: why\n0 passed, 1 failed, 0 skipped\n",
            "\u2716 failing tests:\ntest at a.test.mjs:1:1\n\u2716 one (3ms)\n  Error: why\n"
        },
        {
            "seed 1: 5 steps: ok\nseed 2: 5 steps: 1 VIOLATIONS\n  an event is lost\nseed 3: 5 steps: ok\n2 passed, 1 failed\n",
            "seed 2: 5 steps: 1 VIOLATIONS\n  an event is lost\n"
        },
        { "WRONG: boot, EIO at write 3 of x: it hangs\nboot 5 points 1 wrong\n", "WRONG: boot, EIO at write 3 of x: it hangs\n" },
        { "[1/2, 00:00:01] threads ...\n    FAILED: no answer\n[2/2, 00:00:02] memory ...\n    passed\n", "    FAILED: no answer\n" },
        { "a.cs(1,1): error CS1002: ; expected [a.csproj]\n", "a.cs(1,1): error CS1002: ; expected [a.csproj]\n" },
        { "Killed\nexhaust ended with exit code 137 without a count of its tests.\n", "exhaust ended with exit code 137 without a count of its tests.\n" },
        { "something\n", "no test is named as failed; the end of the log may say more\n" },
    };

    [Theory]
    [MemberData(nameof(Logs))]
    public void Names_OfEachRunner_AreTheFailedTestsWithTheirMessages(string log, string expected)
    {
        Assert.Equal(expected, Run(log, "names"));

        // The longer form says the same, and goes on with stacks.
        foreach (var line in expected.Split('\n'))
        {
            Assert.Contains(line, Run(log, ""), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Failures_WithALongStackAndOutput_AreCutButNoneIsLost()
    {
        static string One(int i) => $"    A.B.Fails{i} [FAIL]\n      Why {i}\n" + string.Concat(Enumerable.Repeat("        at A\n", 100));
        var log = string.Concat(Enumerable.Range(0, 390).Select(One)) + string.Concat(Enumerable.Repeat(Skipped, 500));

        var lines = Run(log, "").Split('\n');

        Assert.InRange(lines.Length, 780, 2_000);
        for (var i = 0; i < 390; i++)
        {
            var at = Array.IndexOf(lines, $"    A.B.Fails{i} [FAIL]");
            Assert.True(at >= 0 && lines[at + 1] == $"      Why {i}", $"Failure {i} is missing.");
        }

        Assert.EndsWith("\nand 100 more\n", Run(string.Concat(Enumerable.Range(0, 500).Select(One)), ""), StringComparison.Ordinal);
    }

    [Fact]
    public void Rest_OfALogFullOfSkippedTests_IsEverythingElse() => Assert.Equal(
        "  Starting:    A\n  Finished:    A\n",
        Run("  Starting:    A\n" + string.Concat(Enumerable.Repeat(Skipped, 100)) + "  Finished:    A\n", "rest"));

    public void Dispose() => File.Delete(_log);

    private string Run(string log, string part)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no awk.");
        File.WriteAllText(_log, log);
        using var awk = Process.Start(new ProcessStartInfo(
            "awk", ["-v", $"part={part}", "-f", Path.Combine(Repository.Root, "tests", "failures.awk"), _log])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var said = awk.StandardOutput.ReadToEnd();
        awk.WaitForExit();
        Assert.Equal(0, awk.ExitCode);
        return said;
    }
}
