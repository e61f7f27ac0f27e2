using System.Security.Cryptography;
using System.Text;

namespace EventCluster.Edge.Page;

/// <summary>The page at <c>/</c> and the policy that lets a browser run exactly what is in it.</summary>
internal sealed class PageContent
{
    private PageContent(byte[] html)
    {
        Html = html;
        var text = Encoding.UTF8.GetString(html);
        SecurityPolicy =
            $"default-src 'none'; script-src '{HashOf(text, "script")}'; style-src '{HashOf(text, "style")}'; connect-src 'self'; "
            + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        Tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(html).AsSpan(0, 8))}\"";
    }

    /// <summary>The page.</summary>
    public byte[] Html { get; }

    /// <summary>Value of <c>Content-Security-Policy</c>.</summary>
    public string SecurityPolicy { get; }

    /// <summary>Value of <c>ETag</c>.</summary>
    public string Tag { get; }

    /// <summary>Reads the page out of this assembly.</summary>
    public static PageContent Load()
    {
        using var stream = typeof(PageContent).Assembly.GetManifestResourceStream("EventCluster.Edge.Page.page.html")
            ?? throw new InvalidOperationException("The page is not part of the assembly.");
        var html = new byte[stream.Length];
        stream.ReadExactly(html);
        return new PageContent(html);
    }

    private static string HashOf(string html, string element)
    {
        var start = html.IndexOf($"<{element}>", StringComparison.Ordinal) + element.Length + 2;
        var end = html.IndexOf($"</{element}>", start, StringComparison.Ordinal);
        return "sha256-" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(html[start..end])));
    }
}
