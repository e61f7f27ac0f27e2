using System.Diagnostics.CodeAnalysis;
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

        // Checked to be UTF-8 with the whole target.
        value = Uri.UnescapeDataString(raw.ToString().Replace('+', ' '));
        return null;
    }
}
