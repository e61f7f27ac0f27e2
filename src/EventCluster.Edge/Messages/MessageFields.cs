using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using EventCluster.Edge.Http;
using EventCluster.Protocol;

namespace EventCluster.Edge.Messages;

/// <summary>
/// The members of one JSON object of a client's message, found in one pass and interpreted only when asked for. Unknown
/// members are ignored; one that is there twice is told by <see cref="Repeated"/>, since others may read the other one.
/// </summary>
internal readonly ref struct MessageFields
{
    private static readonly string[] Names =
    [
        "type", "id", "stream", "offset", "last", "onGap", "encoding", "credit", "bytes", "contentType", "events", "close",
        "producer", "epoch", "seq", "streamSeq", "expectedOffset", "data", "base64", "window", "cursor",
        "waitForStream", "maxMessageBytes",
    ];

    private readonly ReadOnlySpan<byte> _text;
    private readonly Places _places;

    private MessageFields(ReadOnlySpan<byte> text, Places places, MessageField? repeated)
    {
        _text = text;
        _places = places;
        Repeated = repeated;
    }

    /// <summary>A member that is there more than once, whatever its values; null when there is none.</summary>
    public MessageField? Repeated { get; }

    /// <summary>The refusal of a member that is there more than once; null when there is none.</summary>
    public RequestFault? RepeatedFault => Repeated is { } name
        ? new RequestFault(400, ErrorCode.InvalidBody, $"The member '{Names[(int)name]}' is there twice; a member may occur once in an object.")
        : null;

    /// <summary>Finds the members of the object that the reader stands on, and leaves it on the object's end.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static MessageFields Read(ReadOnlySpan<byte> text, scoped ref Utf8JsonReader reader)
    {
        var places = default(Places);
        MessageField? repeated = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = IndexOf(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (field >= 0)
            {
                // A value has at least one byte, so a place that is not empty was taken.
                repeated ??= places[field].End.Value > 0 ? (MessageField)field : null;
                places[field] = start..(int)reader.BytesConsumed;
            }
        }

        return new MessageFields(text, places, repeated);
    }

    /// <summary>Whether the member is there and not <c>null</c>.</summary>
    public bool Has(MessageField field) => Raw(field) is { IsEmpty: false } raw && !raw.SequenceEqual("null"u8);

    /// <summary>The JSON text of the member, <c>null</c> included; empty when absent.</summary>
    public ReadOnlySpan<byte> Raw(MessageField field) => _text[_places[(int)field]];

    /// <summary>The member as text; null when absent, or not a string of valid Unicode.</summary>
    public string? Text(MessageField field)
    {
        var raw = Raw(field);
        if (raw.IsEmpty || raw[0] != '"')
        {
            return null;
        }

        var reader = new Utf8JsonReader(raw);
        reader.Read();
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, written as an escape.
            return null;
        }
    }

    /// <summary>The member as a whole number in a range; null when absent, or anything else.</summary>
    public long? Number(MessageField field, long min, long max) =>
        Utf8Number(Raw(field)) is { } value && value >= min && value <= max ? value : null;

    /// <summary>Whether the member is <c>true</c>.</summary>
    public bool IsTrue(MessageField field) => Raw(field).SequenceEqual("true"u8);

    /// <summary>Whether the member is <c>false</c>.</summary>
    public bool IsFalse(MessageField field) => Raw(field).SequenceEqual("false"u8);

    private static long? Utf8Number(ReadOnlySpan<byte> raw) =>
        long.TryParse(raw, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static int IndexOf(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (reader.ValueTextEquals(Names[i]))
            {
                return i;
            }
        }

        return -1;
    }

    [InlineArray((int)MessageField.MaxMessageBytes + 1)]
    private struct Places
    {
        private Range _first;
    }
}
