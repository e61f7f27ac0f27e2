using System.Text.RegularExpressions;

namespace EventCluster.Architecture.Tests.Documents;

/// <summary>What tests want to know about a Markdown file.</summary>
internal static partial class Markdown
{
    /// <summary>Targets of links and images, code blocks left out.</summary>
    public static IEnumerable<string> Links(string text) =>
        LinkPattern().Matches(FencePattern().Replace(text, "")).Select(match => match.Groups[1].Value);

    /// <summary>Contents of fenced blocks of a language.</summary>
    public static IEnumerable<string> Blocks(string text, string language) =>
        FencePattern().Matches(text)
            .Where(match => match.Groups["language"].Value == language)
            .Select(match => match.Groups["text"].Value);

    /// <summary>The anchors that headings make, as GitHub names them.</summary>
    public static IEnumerable<string> Anchors(string text) =>
        HeadingPattern().Matches(FencePattern().Replace(text, ""))
            .Select(match => string.Concat(match.Groups["title"].Value.Trim().ToLowerInvariant()
                .Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')
                .Select(c => c == ' ' ? '-' : c)));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex FencePattern();

    [GeneratedRegex(@"^#+ (?<title>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex HeadingPattern();
}
