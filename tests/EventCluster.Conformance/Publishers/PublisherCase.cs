using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Conformance.Publishers;

/// <summary>One append that a publisher may try, and what must become of it whichever way it comes in.</summary>
/// <param name="ContentType">The stream's and the append's.</param>
/// <param name="Payloads">The events.</param>
/// <param name="Code">The code of the refusal; null when it is appended.</param>
public sealed record PublisherCase(string ContentType, IReadOnlyList<byte[]> Payloads, ErrorCode? Code)
{
    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";
    private const string Binary = "application/octet-stream";

    /// <summary>Identity of the append.</summary>
    public ProducerStamp? Producer { get; init; }

    /// <summary>Its <c>Stream-Seq</c>.</summary>
    public string? StreamSeq { get; init; }

    /// <summary>All cases by name.</summary>
    public static IReadOnlyDictionary<string, PublisherCase> All { get; } = new Dictionary<string, PublisherCase>
    {
        ["json object"] = Good(Json, "{\"a\":[1,2,{\"b\":null}]}"),
        ["json scalar"] = Good(Json, "null"),
        ["json with escapes"] = Good(Json, "\"\\u0041\\n\\ud83d\\ude00\""),
        ["json with half a surrogate escaped"] = Good(Json, "\"\\ud800\""),
        ["json nested as deep as allowed"] = Good(Json, Nested(ProtocolLimits.MaxJsonDepth)),
        ["json nested too deep"] = Bad(Json, ErrorCode.InvalidBody, Nested(ProtocolLimits.MaxJsonDepth + 1)),
        ["words instead of json"] = Bad(Json, ErrorCode.InvalidBody, "this is not json"),
        ["two json values"] = Bad(Json, ErrorCode.InvalidBody, "{} {}"),
        ["json cut off"] = Bad(Json, ErrorCode.InvalidBody, "{\"a\":1"),
        ["json with a trailing comma"] = Bad(Json, ErrorCode.InvalidBody, "{\"a\":1,}"),
        ["json with a comment"] = Bad(Json, ErrorCode.InvalidBody, "1 /* one */"),
        ["json that closes a frame"] = Bad(Json, ErrorCode.InvalidBody, "1}],\"upToDate\":true,\"x\":[{\"data\":2"),
        ["json with a byte order mark"] = Bad(Json, ErrorCode.InvalidBody, "\uFEFF{}"),
        ["json that is not UTF-8"] = new(Json, [[(byte)'"', 0xff, (byte)'"']], ErrorCode.InvalidBody),
        ["json with a line feed in a string"] = Bad(Json, ErrorCode.InvalidBody, "\"a\nb\""),
        ["json NaN"] = Bad(Json, ErrorCode.InvalidBody, "NaN"),
        ["a good and a bad json value"] = new(Json, [Encoding.UTF8.GetBytes("1"), Encoding.UTF8.GetBytes("x")], ErrorCode.InvalidBody),
        ["text"] = Good(Text, "gr\u00fc\u00dfe\r\n\u0000"),
        ["text that is not UTF-8"] = new(Text, [[0xff, 0xfe, 0x00]], ErrorCode.InvalidBody),
        ["text with an overlong form"] = new(Text, [[0xc0, 0xaf]], ErrorCode.InvalidBody),
        ["text with a surrogate"] = new(Text, [[0xed, 0xa0, 0x80]], ErrorCode.InvalidBody),
        ["text cut in a character"] = new(Text, [[(byte)'a', 0xe2, 0x82]], ErrorCode.InvalidBody),
        ["any bytes"] = new(Binary, [[0xff, 0xfe, 0x00]], null),
        ["the largest event"] = new(Binary, [new byte[ProtocolLimits.MaxEventBytes]], null),
        ["an event too large"] = new(Binary, [new byte[ProtocolLimits.MaxEventBytes + 1]], ErrorCode.TooLarge),
        ["an empty event"] = new(Binary, [[]], ErrorCode.EmptyBody),
        ["no event"] = new(Json, [], ErrorCode.EmptyBody),
        ["too many events"] = new(
            Json, [.. Enumerable.Repeat(Encoding.UTF8.GetBytes("1"), ProtocolLimits.MaxEventsPerAppend + 1)], ErrorCode.TooLarge),
        ["a producer"] = Good(Text, "a") with { Producer = new ProducerStamp("p", 0, 0) },
        ["the longest producer id"] = Good(Text, "a") with
        {
            Producer = new ProducerStamp(new string('p', ProtocolLimits.MaxProducerIdBytes), 0, 0),
        },
        ["a producer id too long"] = Bad(Text, ErrorCode.InvalidProducer, "a") with
        {
            Producer = new ProducerStamp(new string('p', ProtocolLimits.MaxProducerIdBytes + 1), 0, 0),
        },
        ["a reserved producer id"] = Bad(Text, ErrorCode.InvalidProducer, "a") with { Producer = new ProducerStamp("__ec/p", 0, 0) },
        ["an empty producer id"] = Bad(Text, ErrorCode.InvalidProducer, "a") with { Producer = new ProducerStamp("", 0, 0) },
        ["a negative epoch"] = Bad(Text, ErrorCode.InvalidProducer, "a") with { Producer = new ProducerStamp("p", -1, 0) },
        ["an epoch too large"] = Bad(Text, ErrorCode.InvalidProducer, "a") with
        {
            Producer = new ProducerStamp("p", ProtocolLimits.MaxProducerNumber + 1, 0),
        },
        ["a sequence too large"] = Bad(Text, ErrorCode.InvalidProducer, "a") with
        {
            Producer = new ProducerStamp("p", 0, ProtocolLimits.MaxProducerNumber + 1),
        },
        ["a first sequence that is not 0"] = Bad(Text, ErrorCode.SequenceGap, "a") with
        {
            Producer = new ProducerStamp("p", 0, 7),
        },
        ["a stream sequence"] = Good(Text, "a") with { StreamSeq = "1" },
        ["an empty stream sequence"] = Bad(Text, ErrorCode.BadRequest, "a") with { StreamSeq = "" },
        ["a stream sequence too long"] = Bad(Text, ErrorCode.BadRequest, "a") with
        {
            StreamSeq = new string('1', ProtocolLimits.MaxProducerIdBytes + 1),
        },
    };

    private static PublisherCase Good(string contentType, string text) => new(contentType, [Encoding.UTF8.GetBytes(text)], null);

    private static PublisherCase Bad(string contentType, ErrorCode code, string text) =>
        new(contentType, [Encoding.UTF8.GetBytes(text)], code);

    private static string Nested(int depth) => new string('[', depth) + new string(']', depth);
}
