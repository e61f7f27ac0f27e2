using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace EventCluster.Architecture.Tests.Documents;

public sealed partial class DocumentTests
{
    public static TheoryData<string> Files => [.. Repository.Files("", "*.md")];

    [Theory]
    [MemberData(nameof(Files))]
    public void Links_LeadSomewhere(string file)
    {
        var text = Repository.Read(file);
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, file))!;
        foreach (var link in Markdown.Links(text).Where(link => !link.Contains("://", StringComparison.Ordinal)))
        {
            var parts = link.Split('#', 2);
            var target = parts[0].Length == 0 ? Path.Combine(Repository.Root, file) : Path.GetFullPath(Path.Combine(folder, parts[0]));

            Assert.True(File.Exists(target) || Directory.Exists(target), $"{file}: {link} leads nowhere");
            if (parts.Length == 2)
            {
                Assert.Contains(parts[1], Markdown.Anchors(File.ReadAllText(target)));
            }
        }
    }

    /// <summary>A new reader finds the place of each of these changes, and the place exists.</summary>
    [Theory]
    [InlineData("transport")]
    [InlineData("store")]
    [InlineData("limit")]
    [InlineData("error code")]
    [InlineData("option")]
    [InlineData("metric")]
    [InlineData("admin endpoint")]
    [InlineData("rule of retention")]
    public void Architecture_NamesTheFilesOfAChange(string change)
    {
        var row = Repository.Read("docs/ARCHITECTURE.md").Split('\n').Single(line => line.StartsWith($"| {change} |", StringComparison.Ordinal));
        var places = PlacePattern().Matches(row).Select(match => match.Groups[1].Value).ToList();

        Assert.NotEmpty(places);
        Assert.All(places, place => Assert.True(
            File.Exists(Path.Combine(Repository.Root, place)) || Directory.Exists(Path.Combine(Repository.Root, place)), $"{place} does not exist"));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void ShellBlocks_AreValid(string file)
    {
        foreach (var block in Markdown.Blocks(Repository.Read(file), "sh").Concat(Markdown.Blocks(Repository.Read(file), "bash")))
        {
            var start = new ProcessStartInfo("bash", ["-n"])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardError = true,
            };
            using var bash = Process.Start(start)!;
            bash.StandardInput.Write(block);
            bash.StandardInput.Close();
            var complaints = bash.StandardError.ReadToEnd();
            bash.WaitForExit();

            Assert.True(bash.ExitCode == 0, $"{file}:\n{block}\n{complaints}");
        }
    }

    [GeneratedRegex("`((?:src|tests|docs)/[^`]+)`")]
    private static partial Regex PlacePattern();
}
