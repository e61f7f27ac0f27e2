using System.Globalization;
using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core.Decisions;

/// <content>Creation: one commit with head, configuration, inherited range, initial events and closed (rule 6).</content>
internal sealed partial class StreamLog
{
    /// <summary>
    /// Decides a create where something may be stored already. Null means that nothing is: the create may go on.
    /// </summary>
    public CreateDecision? CompareExisting(CreateRequest request) => _state switch
    {
        { Lifecycle: Lifecycle.Live, CreateRequestId: { } id } when id == request.RequestId => CreateDecision.Created,
        null or { Lifecycle: not Lifecycle.Live } when request.IsRepeat => CreateDecision.Refused(new CreateOutcome.Unavailable(
            UnavailableReason.Unconfirmed,
            "An earlier attempt may have created the stream and a client deleted it since; it is not there now. Create it again if it should be.")),
        null => null,
        { Lifecycle: Lifecycle.SoftDeleted } => CreateDecision.Refused(new CreateOutcome.Held()),
        { Lifecycle: Lifecycle.Releasing } => CreateDecision.NotSettled,
        _ => Difference(request) is { } what
            ? CreateDecision.Refused(new CreateOutcome.Conflict(what))
            : CreateDecision.Exists,
    };

    /// <summary>Creates the stream; nothing may be stored under the name.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="basis">What a fork starts from; null for a stream without a source.</param>
    /// <param name="incarnation">The stream's own new history.</param>
    /// <param name="now">The time, Unix milliseconds.</param>
    public void Create(CreateRequest request, ForkBasis? basis, long incarnation, long now)
    {
        if (_state is not null)
        {
            throw new InvalidOperationException($"Stream '{Name}' exists.");
        }

        var expires = request.ExpiresAt?.ToUnixTimeMilliseconds();
        var asksForExpiry = request.TtlSeconds is not null || expires is not null;
        _touchedAt = Math.Max(now, AccessTime);
        _head = new StreamHead(basis?.Point ?? 0, basis?.Earliest ?? 0, 0, basis?.LastEventMilliseconds ?? 0, StreamHead.NeverDue);
        _incarnations = basis is null
            ? new IncarnationList(new IncarnationStart(incarnation, 0))
            : basis.Incarnations.Add(incarnation, basis.Point);
        _incarnationsChanged = true;
        Change(new StreamState
        {
            ContentType = basis?.ContentType ?? request.ContentType ?? StreamContentType.Default,
            RequestedTtlSeconds = request.TtlSeconds,
            RequestedExpiresAt = expires,
            TtlSeconds = asksForExpiry ? request.TtlSeconds : basis?.TtlSeconds,
            ExpiresAt = asksForExpiry ? expires : basis?.ExpiresAt,
            TouchedAt = _touchedAt,
            TouchedExactly = true,
            Retention = request.Retention,
            Closed = request.Close,
            CreateRequestId = request.RequestId,
            Trimmed = basis?.Trimmed ?? default,
            Lost = basis?.Lost ?? default,
            ForkDepth = basis?.Depth ?? 0,
            Origin = basis?.Origin,
            Inherited = basis?.Inherited ?? [],
        });
        if (basis?.PartialEvent is { } partial)
        {
            AddEvents([partial], now);
        }

        AddEvents(request.Events, now);
    }

    /// <summary>What differs, with both values; null when nothing does.</summary>
    private string? Difference(CreateRequest request)
    {
        var state = State;
        var type = request.ContentType ?? (request.Fork is null ? StreamContentType.Default : state.ContentType);
        return type != state.ContentType ? Both("content type", state.ContentType.Original, type.Original)
            : request.TtlSeconds != state.RequestedTtlSeconds
                ? Both("time to live in seconds", Text(state.RequestedTtlSeconds), Text(request.TtlSeconds))
            : request.ExpiresAt?.ToUnixTimeMilliseconds() != state.RequestedExpiresAt
                ? Both("expiry", Instant(state.RequestedExpiresAt), Instant(request.ExpiresAt?.ToUnixTimeMilliseconds()))
            : request.Close != state.Closed ? state.Closed
                ? "it is closed; the request asks for an open one" : "it is open; the request asks for a closed one"
            : Differs("events", state.Retention.Events, request.Retention.Events)
                ?? Differs("bytes", state.Retention.Bytes, request.Retention.Bytes)
                ?? Differs("seconds", state.Retention.AgeSeconds, request.Retention.AgeSeconds)
                ?? ForkDifference(request.Fork, state.Origin);
    }

    private static string? Differs(string unit, long? current, long? requested) => requested is null || requested == current
        ? null
        : Both($"retention in {unit}", Text(current), Text(requested));

    private static string? ForkDifference(ForkSpec? requested, ForkOrigin? origin)
    {
        if (requested is null || origin is null)
        {
            return requested is null == origin is null ? null
                : requested is null ? $"it is a fork of '{origin!.Source}'; the request asks for none"
                : $"it is not a fork; the request asks for one of '{requested.Source}'";
        }

        return requested.Source != origin.Source ? Both("source", $"'{origin.Source}'", $"'{requested.Source}'")
            : requested.Offset != origin.RequestedOffset || requested.FromStart != origin.FromStart
                || requested.SubOffset != origin.SubOffset
                ? Both(
                    "fork point",
                    Point(origin.RequestedOffset, origin.FromStart, origin.SubOffset),
                    Point(requested.Offset, requested.FromStart, requested.SubOffset))
            : null;
    }

    private static string Both(string what, string current, string requested) =>
        $"its {what} is {current}; the request asks for {requested}";

    private static string Text(long? number) => number is null or RetentionLimits.Unlimited
        ? "none"
        : number.Value.ToString(CultureInfo.InvariantCulture);

    private static string Instant(long? milliseconds) => milliseconds is { } at
        ? DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture)
        : "none";

    private static string Point(StreamOffset? offset, bool fromStart, long subOffset)
    {
        var position = fromStart ? "-1" : offset?.ToString() ?? "the tail at its creation";
        return subOffset == 0 ? position : string.Create(CultureInfo.InvariantCulture, $"{position} + {subOffset}");
    }
}
