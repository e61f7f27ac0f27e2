using System.Globalization;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Conformance.Publishers;

/// <summary>One creation that a publisher may try, and what must become of it whichever way it comes in.</summary>
/// <param name="Request">The stream to be.</param>
/// <param name="Code">The code of the refusal; null when it is created.</param>
public sealed record CreationCase(CreateRequest Request, ErrorCode? Code)
{
    /// <summary>All cases by name.</summary>
    public static IReadOnlyDictionary<string, CreationCase> All { get; } = new Dictionary<string, CreationCase>
    {
        ["no type"] = new(new CreateRequest(), null),
        ["json"] = new(OfType("application/json"), null),
        ["a type of several parts"] = new(OfType("multipart/mixed; boundary=x"), null),
        ["a type much like a form's"] = new(OfType("application/x-www-form-urlencoded2"), null),
        ["the type of a form"] = new(OfType("application/x-www-form-urlencoded"), ErrorCode.UnsupportedMediaType),
        ["the type of a form with a parameter"] = new(
            OfType("Application/X-WWW-Form-Urlencoded; charset=utf-8"), ErrorCode.UnsupportedMediaType),
        ["the type of a form with files"] = new(OfType("multipart/form-data; boundary=x"), ErrorCode.UnsupportedMediaType),
        ["the type of a form, with an event"] = new(
            OfType("application/x-www-form-urlencoded") with { Events = [Encoding.UTF8.GetBytes("a=1")] }, ErrorCode.UnsupportedMediaType),
        ["a good first event"] = new(OfType("application/json") with { Events = [Encoding.UTF8.GetBytes("1")] }, null),
        ["a bad first event"] = new(OfType("application/json") with { Events = [Encoding.UTF8.GetBytes("x")] }, ErrorCode.InvalidBody),
        ["a time to live"] = new(new CreateRequest { TtlSeconds = 60 }, null),
        ["the longest time to live"] = new(new CreateRequest { TtlSeconds = ProtocolLimits.MaxTtlSeconds }, null),
        ["a time to live of nothing"] = new(new CreateRequest { TtlSeconds = 0 }, ErrorCode.BadRequest),
        ["a negative time to live"] = new(new CreateRequest { TtlSeconds = -1 }, ErrorCode.BadRequest),
        ["a time to live too long"] = new(new CreateRequest { TtlSeconds = ProtocolLimits.MaxTtlSeconds + 1 }, ErrorCode.BadRequest),
        ["an expiry"] = new(new CreateRequest { ExpiresAt = At("2200-01-31T12:00:00Z") }, null),
        ["an expiry in the past"] = new(new CreateRequest { ExpiresAt = At("2001-01-31T12:00:00Z") }, ErrorCode.BadRequest),
        ["a time to live and an expiry"] = new(
            new CreateRequest { TtlSeconds = 60, ExpiresAt = At("2200-01-31T12:00:00Z") }, ErrorCode.BadRequest),
        ["retention"] = new(new CreateRequest { Retention = new RetentionLimits(1, 1, 1) }, null),
        ["retention of no events"] = new(new CreateRequest { Retention = new RetentionLimits(Events: 0) }, ErrorCode.BadRequest),
        ["retention of no bytes"] = new(new CreateRequest { Retention = new RetentionLimits(Bytes: 0) }, ErrorCode.BadRequest),
        ["retention of no time"] = new(new CreateRequest { Retention = new RetentionLimits(AgeSeconds: 0) }, ErrorCode.BadRequest),
        ["retention of fewer than no events"] = new(new CreateRequest { Retention = new RetentionLimits(Events: -7) }, ErrorCode.BadRequest),
    };

    private static CreateRequest OfType(string text) => new() { ContentType = StreamContentType.Parse(text) };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
