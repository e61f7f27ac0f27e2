using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace EventCluster.Hosting.Tests.Commands;

public sealed partial class PageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Page_RunsOnlyWhatItsPolicyNamesAndLoadsNothingElse()
    {
        await using var server = await RunningServer.StartAsync("--EventCluster:Store", "memory");
        using var client = new HttpClient { BaseAddress = server.Url };

        using var answer = await client.GetAsync("/", Token);
        var html = await answer.Content.ReadAsStringAsync(Token);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();

        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains($"script-src '{HashOf(html, "script")}'", policy, StringComparison.Ordinal);
        Assert.Contains($"style-src '{HashOf(html, "style")}'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch(ForbiddenPattern(), html);
        Assert.Contains("aria-live=\"polite\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_AskedForAgain_IsNotSentAgain()
    {
        await using var server = await RunningServer.StartAsync("--EventCluster:Store", "memory");
        using var client = new HttpClient { BaseAddress = server.Url };
        using var first = await client.GetAsync("/", Token);
        client.DefaultRequestHeaders.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await client.GetAsync("/", Token);
        using var other = await client.GetAsync("/other", Token);

        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private static string HashOf(string html, string element)
    {
        var content = html.Split($"<{element}>")[1].Split($"</{element}>")[0];
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
    }

    // Handlers and styles in attributes, and anything from elsewhere.
    [GeneratedRegex(@"\son\w+=|\sstyle=|https?://|<link rel=""stylesheet|<script src|@import", RegexOptions.IgnoreCase)]
    private static partial Regex ForbiddenPattern();
}
