using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Admin;

/// <summary>The query of the listing: <c>prefix</c>, <c>after</c> and <c>limit</c>, each at most once. Unknown parameters are ignored.</summary>
/// <param name="Prefix">What names begin with; empty for all.</param>
/// <param name="After">The last name that the client has; null for the first page.</param>
/// <param name="Limit">Most streams of the answer.</param>
internal readonly record struct AdminQuery(string Prefix, StreamName? After, int Limit)
{
    private const int DefaultPage = 100;

    /// <summary>Parses a query, still percent-encoded.</summary>
    public static bool TryParse(ReadOnlySpan<char> query, out AdminQuery parsed, [NotNullWhen(false)] out RequestFault? fault)
    {
        parsed = default;
        string? prefix = null, after = null, limit = null;
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var raw = equals < 0 ? default : pair[(equals + 1)..];
            fault = QueryValue.Name(equals < 0 ? pair : pair[..equals]) switch
            {
                "prefix" => Take("prefix", raw, ref prefix),
                "after" => Take("after", raw, ref after),
                "limit" => Take("limit", raw, ref limit),
                _ => null,
            };
            if (fault is not null)
            {
                return false;
            }
        }

        StreamName? name = null;
        if (after is { Length: > 0 })
        {
            if (!StreamName.TryParse(after, out var last, out var error))
            {
                fault = new RequestFault(400, ErrorCode.InvalidName, $"after: {error}");
                return false;
            }

            name = last;
        }

        long most = DefaultPage;
        if (limit is { Length: > 0 } && !QueryValue.TryNumber(limit, 1, EdgeLimits.MaxAdminPage, out most))
        {
            fault = RequestFault.BadRequest($"limit must be 1 to {EdgeLimits.MaxAdminPage}.");
            return false;
        }

        parsed = new AdminQuery(prefix ?? "", name, (int)most);
        fault = null;
        return true;
    }

    private static RequestFault? Take(string name, ReadOnlySpan<char> raw, ref string? value)
    {
        if (value is not null)
        {
            return QueryValue.Repeated(name);
        }

        if (!TryDecode(raw, out value))
        {
            return new RequestFault(400, ErrorCode.InvalidName, $"{name} is not percent-encoded UTF-8.");
        }

        return null;
    }

    /// <summary>What the framework would leave as it is, or replace, is not UTF-8 and names nothing.</summary>
    private static bool TryDecode(ReadOnlySpan<char> raw, out string? value)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(raw.Length)];
        var length = 0;
        value = null;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '%')
            {
                bytes[length++] = raw[i] == '+' ? (byte)' ' : (byte)raw[i];
            }
            else if (i + 2 < raw.Length && char.IsAsciiHexDigit(raw[i + 1]) && char.IsAsciiHexDigit(raw[i + 2]))
            {
                bytes[length++] = Convert.FromHexString(raw.Slice(i + 1, 2))[0];
                i += 2;
            }
            else
            {
                return false;
            }
        }

        value = Utf8.IsValid(bytes.AsSpan(0, length)) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
        return value is not null;
    }
}
