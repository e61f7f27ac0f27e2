using System.Globalization;

namespace EventCluster.Edge.Http;

/// <summary>RFC 3339 timestamps, strictly: the framework's parser accepts far more.</summary>
internal static class Rfc3339
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'",
        "yyyy-MM-dd'T'HH:mm:ss'Z'",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz",
        "yyyy-MM-dd'T'HH:mm:sszzz",
    ];

    public static bool TryParse(string text, out DateTimeOffset instant)
    {
        instant = default;
        var upper = text.ToUpperInvariant();
        if (upper.Length is < 20 or > 40 || (upper[^1] != 'Z' && upper[^3] != ':'))
        {
            return false;
        }

        return DateTimeOffset.TryParseExact(
            upper, Formats, CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out instant);
    }

    public static string Format(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
