using System.Diagnostics;
using Xunit;

namespace EventCluster.Architecture.Tests.Documents;

public sealed class DocumentTests
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
}
