using System.Globalization;
using System.Text.Unicode;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>Checks that every query parameter has in common.</summary>
internal static class QueryValue
{
    private const char Delete = '\u007f';

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

    /// <summary>
    /// Why a query is not text: an octet that is not written as <c>%</c> and two digits, names or values that are no UTF-8 once they
    /// are decoded, control characters in names or as they are. Holds for unknown parameters too: nobody knows what they were meant to be.
    /// A control character in a value is for the parameter to judge. Null when it is fine.
    /// </summary>
    /// <param name="query">Still percent-encoded, without <c>?</c>.</param>
    public static RequestFault? Fault(ReadOnlySpan<char> query)
    {
        // Most queries have nothing encoded.
        if (!query.Contains('%') && !query.ContainsAnyExceptInRange(' ', '~'))
        {
            return null;
        }

        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            if ((TextFault(name, isName: true) ?? (equals < 0 ? null : TextFault(pair[(equals + 1)..], isName: false))) is { } fault)
            {
                // What holds names of streams says so by the code of names, as the path does.
                var code = Name(name) is "stream" or "prefix" or "after" ? ErrorCode.InvalidName : ErrorCode.BadRequest;
                return new RequestFault(400, code, $"The query parameter '{Shown(name)}' {fault}.");
            }
        }

        return null;
    }

    private static string? TextFault(ReadOnlySpan<char> raw, bool isName)
    {
        Span<byte> bytes = raw.Length <= 256 ? stackalloc byte[raw.Length] : new byte[raw.Length];
        var length = 0;
        for (var i = 0; i < raw.Length; i++)
        {
            var octet = raw[i];
            var isEncoded = octet == '%';
            if (isEncoded)
            {
                if (i + 2 >= raw.Length || !char.IsAsciiHexDigit(raw[i + 1]) || !char.IsAsciiHexDigit(raw[i + 2]))
                {
                    return "has a % without two hexadecimal digits; a % itself is written as %25";
                }

                octet = (char)((Convert.ToInt32(char.ToString(raw[i + 1]), 16) << 4) | Convert.ToInt32(char.ToString(raw[i + 2]), 16));
                i += 2;
            }
            else if (octet > Delete)
            {
                return "has an octet beyond ASCII that is not percent-encoded";
            }

            if ((isName || !isEncoded) && (octet < ' ' || octet == Delete))
            {
                return $"has the control character U+{(int)octet:X4}";
            }

            bytes[length++] = (byte)octet;
        }

        return Utf8.IsValid(bytes[..length]) ? null : "is not percent-encoded UTF-8";
    }

    /// <summary>Enough of a client's text for a message; still encoded, so that it can be shown.</summary>
    private static string Shown(ReadOnlySpan<char> raw) => raw.Length <= 64 ? raw.ToString() : string.Concat(raw[..64], "...");
}
