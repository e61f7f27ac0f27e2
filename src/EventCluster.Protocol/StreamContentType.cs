namespace EventCluster.Protocol;

/// <summary>The media type of a stream: kept as sent, compared by lower-cased type/subtype without parameters.</summary>
public readonly struct StreamContentType : IEquatable<StreamContentType>
{
    /// <summary>What a create without <c>Content-Type</c> gets (Durable Streams 5.1).</summary>
    public static readonly StreamContentType Default = new("application/octet-stream", "application/octet-stream");

    private readonly string? _original;
    private readonly string? _mediaType;

    private StreamContentType(string original, string mediaType)
    {
        _original = original;
        _mediaType = mediaType;
    }

    /// <summary>The text as the creator sent it.</summary>
    public string Original => _original ?? Default.Original;

    /// <summary>Lower-cased type/subtype.</summary>
    public string MediaType => _mediaType ?? Default.MediaType;

    /// <summary>How payloads are framed on text transports.</summary>
    public PayloadKind Kind => MediaType == "application/json"
        ? PayloadKind.Json
        : MediaType.StartsWith("text/", StringComparison.Ordinal) ? PayloadKind.Text : PayloadKind.Binary;

    /// <summary>
    /// Whether it is what a form or <c>curl -d</c> sends when nobody named a type. A stream keeps its type for its lifetime, so
    /// none is created with it.
    /// </summary>
    public bool IsForm => MediaType is "application/x-www-form-urlencoded" or "multipart/form-data";

    /// <summary>Parses a header value: visible ASCII, at most 256 bytes, with a type and a subtype of token characters.</summary>
    public static bool TryParse(string text, out StreamContentType contentType)
    {
        contentType = default;
        var semicolon = text.IndexOf(';', StringComparison.Ordinal);
        var essence = (semicolon < 0 ? text : text[..semicolon]).Trim(' ', '\t');
        var slash = essence.IndexOf('/', StringComparison.Ordinal);
        if (text.Length > ProtocolLimits.MaxContentTypeBytes || slash <= 0 || slash == essence.Length - 1
            || !IsToken(essence.AsSpan(0, slash)) || !IsToken(essence.AsSpan(slash + 1))
            || text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return false;
        }

        contentType = new StreamContentType(text, essence.ToLowerInvariant());
        return true;
    }

    /// <summary>Parses a header value.</summary>
    /// <exception cref="FormatException">The text is not a media type.</exception>
    public static StreamContentType Parse(string text) =>
        TryParse(text, out var contentType) ? contentType : throw new FormatException($"'{text}' is not a media type.");

    /// <inheritdoc />
    public bool Equals(StreamContentType other) => string.Equals(MediaType, other.MediaType, StringComparison.Ordinal);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is StreamContentType other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => MediaType.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc />
    public override string ToString() => Original;

    /// <summary>Equality of media types.</summary>
    public static bool operator ==(StreamContentType left, StreamContentType right) => left.Equals(right);

    /// <summary>Inequality of media types.</summary>
    public static bool operator !=(StreamContentType left, StreamContentType right) => !left.Equals(right);

    private static bool IsToken(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }
}
