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
            Trimmed = basis?.Trimmed ?? default,
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

    private string? Difference(CreateRequest request)
    {
        var state = State;
        var type = request.ContentType ?? (request.Fork is null ? StreamContentType.Default : state.ContentType);
        return type != state.ContentType ? $"its content type is {state.ContentType}"
            : request.TtlSeconds != state.RequestedTtlSeconds ? "its time to live is another one"
            : request.ExpiresAt?.ToUnixTimeMilliseconds() != state.RequestedExpiresAt ? "its expiry is another one"
            : request.Close != state.Closed ? state.Closed ? "it is closed" : "it is open"
            : Differs(request.Retention.Events, state.Retention.Events)
                || Differs(request.Retention.Bytes, state.Retention.Bytes)
                || Differs(request.Retention.AgeSeconds, state.Retention.AgeSeconds) ? "its retention is another one"
            : ForkDifference(request.Fork, state.Origin);
    }

    private static bool Differs(long? requested, long? current) => requested is not null && requested != current;

    private static string? ForkDifference(ForkSpec? requested, ForkOrigin? origin)
    {
        if (requested is null || origin is null)
        {
            return requested is null == origin is null ? null
                : requested is null ? "it is a fork" : "it is not a fork";
        }

        return requested.Source != origin.Source ? "it is a fork of another stream"
            : requested.Offset != origin.RequestedOffset || requested.FromStart != origin.FromStart
                || requested.SubOffset != origin.SubOffset ? "its fork point is another one"
            : null;
    }
}
