using EventCluster.Delivery.Reading;

namespace EventCluster.Edge.Http;

/// <summary>The parameters of delivery, the same for one stream and for several: each at most once, checked strictly.</summary>
internal struct DeliveryQuery
{
    private bool _hasWindow;

    public GapPolicy OnGap { get; private set; }

    /// <summary><c>encoding=base64</c>.</summary>
    public bool Base64 { get; private set; }

    public TimeSpan? Heartbeat { get; private set; }

    /// <summary>Delivery at most once per this time; zero when it is off.</summary>
    public TimeSpan Window { get; private set; }

    /// <summary>How long a stream that does not exist is waited for; null when that is an error at once.</summary>
    public TimeSpan? WaitForStream { get; private set; }

    /// <summary>The heartbeat in force: never shorter than the window.</summary>
    public readonly TimeSpan HeartbeatOr(TimeSpan usual)
    {
        var heartbeat = Heartbeat ?? usual;
        return heartbeat < Window ? Window : heartbeat;
    }

    /// <summary>Takes a parameter; null also for one that is none of these.</summary>
    public RequestFault? Set(ReadOnlySpan<char> name, ReadOnlySpan<char> value) => name switch
    {
        "heartbeat" => SetHeartbeat(value),
        "window" => SetWindow(value),
        "onGap" => SetGapPolicy(value),
        "encoding" => SetEncoding(value),
        "wait-for-stream" => SetWaitForStream(value),
        _ => null,
    };

    /// <summary>Refuses a parameter that a read of one stream would ignore; null when there is none.</summary>
    /// <param name="live">How the answer is given.</param>
    public readonly RequestFault? Misplaced(LiveMode live)
    {
        if (live == LiveMode.EventSource)
        {
            return null;
        }

        if (WaitForStream is not null)
        {
            return RequestFault.BadRequest(
                "wait-for-stream is for followers: native EventSource (Accept: text/event-stream or live=eventsource), WebSocket, "
                + "SignalR and several streams on one connection. This request would be answered at once.");
        }

        return live != LiveMode.Sse && (Heartbeat is not null || _hasWindow)
            ? RequestFault.BadRequest(
                $"{(_hasWindow ? "window" : "heartbeat")} is for followers: native EventSource (Accept: text/event-stream or "
                + "live=eventsource), live=sse, WebSocket, SignalR and several streams on one connection. This request is answered once.")
            : null;
    }

    private RequestFault? SetWaitForStream(ReadOnlySpan<char> value)
    {
        if (WaitForStream is not null)
        {
            return QueryValue.Repeated("wait-for-stream");
        }

        if (!QueryValue.TryNumber(value, 1, EdgeLimits.MaxWaitForStreamSeconds, out var seconds))
        {
            return RequestFault.BadRequest($"wait-for-stream must be 1 to {EdgeLimits.MaxWaitForStreamSeconds} whole seconds.");
        }

        WaitForStream = TimeSpan.FromSeconds(seconds);
        return null;
    }

    private RequestFault? SetHeartbeat(ReadOnlySpan<char> value)
    {
        if (Heartbeat is not null)
        {
            return QueryValue.Repeated("heartbeat");
        }

        if (!QueryValue.TryNumber(value, 5, 120, out var seconds))
        {
            return RequestFault.BadRequest("heartbeat must be 5 to 120 whole seconds.");
        }

        Heartbeat = TimeSpan.FromSeconds(seconds);
        return null;
    }

    private RequestFault? SetWindow(ReadOnlySpan<char> value)
    {
        if (_hasWindow)
        {
            return QueryValue.Repeated("window");
        }

        _hasWindow = true;
        if (!QueryValue.TryNumber(value, 0, 60_000, out var milliseconds))
        {
            return RequestFault.BadRequest("window must be 0 (off) to 60,000 milliseconds.");
        }

        Window = TimeSpan.FromMilliseconds(milliseconds);
        return null;
    }

    private RequestFault? SetGapPolicy(ReadOnlySpan<char> value)
    {
        if (OnGap != GapPolicy.Default)
        {
            return QueryValue.Repeated("onGap");
        }

        OnGap = value switch
        {
            "signal" => GapPolicy.Signal,
            "latest" => GapPolicy.Latest,
            "fail" => GapPolicy.Fail,
            _ => GapPolicy.Default,
        };
        return OnGap == GapPolicy.Default ? RequestFault.BadRequest("onGap must be signal, latest or fail.") : null;
    }

    private RequestFault? SetEncoding(ReadOnlySpan<char> value)
    {
        if (Base64)
        {
            return QueryValue.Repeated("encoding");
        }

        Base64 = value is "base64";
        return Base64 ? null : RequestFault.BadRequest("encoding must be base64.");
    }
}
