using System.Globalization;

namespace EventCluster.Edge.Http;

/// <summary>Checks that every query parameter has in common.</summary>
internal static class QueryValue
{
    /// <summary>The refusal of a parameter that is there twice.</summary>
    public static RequestFault Repeated(string name) => RequestFault.BadRequest($"{name} may occur once.");

    /// <summary>
    /// The name of a parameter, decoded like its value: what stands before the server decodes both, and a name that only one of
    /// the two knows would be read in two ways.
    /// </summary>
    public static ReadOnlySpan<char> Name(ReadOnlySpan<char> raw) =>
        raw.ContainsAny('%', '+') ? Uri.UnescapeDataString(raw.ToString().Replace('+', ' ')) : raw;

    /// <summary>Decimal digits only, within bounds.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, long min, long max, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= min && value <= max;
}
