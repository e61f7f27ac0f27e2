using EventCluster.Delivery;
using EventCluster.Protocol;

namespace EventCluster.Edge;

/// <summary>
/// The bounds of the HTTP surface that are not options. Relations between them are asserted by <c>EdgeLimitsTests</c>.
/// </summary>
public static class EdgeLimits
{
    /// <summary>Bytes that wait in memory for a client before a write waits for it.</summary>
    public const int ResponseBufferBytes = 16 * 1024;

    /// <summary>
    /// Bytes asked of the kernel as send buffer of an HTTP/1.1 event stream (Linux takes twice as much, with its own
    /// overhead in it). It bounds what is under way: 128 KiB each 100 ms are more than 1 MB/s to a client far away. The
    /// system's default would let a connection fill megabytes.
    /// </summary>
    public const int LiveSendBufferBytes = 128 * 1024;

    /// <summary>
    /// Bytes that wait in the kernel of Linux unsent before it takes no more (<c>TCP_NOTSENT_LOWAT</c>). A slow reader's
    /// window is closed, so this, and not the send buffer, is what he costs.
    /// </summary>
    public const int LiveUnsentBytes = 8 * 1024;

    /// <summary>Largest send buffer where unsent bytes have no bound of their own.</summary>
    public const int LiveSendBufferBytesWithoutLowWater = 16 * 1024;

    /// <summary>
    /// Most bytes that one slow HTTP/1.1 reader makes the server hold, kernel included: a full buffer with one slice, and as
    /// much again that the kernel took when it had just less than its bound unsent.
    /// </summary>
    public const int MaxBytesPerSlowReader = (2 * (ResponseBufferBytes + DeliveryLimits.SlowSliceBytes)) + LiveUnsentBytes;

    /// <summary>
    /// Bytes of a long answer that are written before they are flushed; a flush may end inside an event. On HTTP/2 it is
    /// <see cref="Http2SliceBytes"/>.
    /// </summary>
    public const int AnswerFlushBytes = 64 * 1024;

    /// <summary>Most pumps of one edge.</summary>
    public const int MaxPumps = 64;

    /// <summary>HTTP/2 streams of one connection.</summary>
    public const int Http2StreamsPerConnection = 512;

    /// <summary>Largest slice of one HTTP/2 stream: the size of a frame.</summary>
    public const int Http2SliceBytes = 16 * 1024;

    /// <summary>Largest slice of a WebSocket over HTTP/2: it lies twice in memory, before and behind the request's stream.</summary>
    public const int Http2SocketSliceBytes = Http2SliceBytes / 2;

    /// <summary>Largest fragment of a WebSocket's message that is larger than a slice; it lies twice in memory, too.</summary>
    public const int SocketPartBytes = DeliveryLimits.MaxSliceBytes / 2;

    /// <summary>
    /// Most bytes that one HTTP/2 connection can make the server hold: every stream with a full slice and buffer, whatever
    /// the size of its events.
    /// </summary>
    public const long MaxBytesPerHttp2Connection =
        (long)Http2StreamsPerConnection * (Http2SliceBytes + ResponseBufferBytes);

    /// <summary>
    /// Most bytes that an event stream or an answer over HTTP/1.1 holds when its client stops suddenly: a full buffer and one
    /// slice, whatever the size of its events.
    /// </summary>
    public const int MaxBytesPerStalledResponse = ResponseBufferBytes + DeliveryLimits.MaxSliceBytes;

    /// <summary>The same for a WebSocket over HTTP/1.1, whose whole messages lie twice in memory.</summary>
    public const int MaxBytesPerStalledWebSocket = ResponseBufferBytes + (2 * DeliveryLimits.MaxSliceBytes);

    /// <summary>
    /// Connections that may wait to be accepted, up to the system's own bound (<c>net.core.somaxconn</c>). When it is too
    /// short a wave of reconnects loses its first packets, and each client tries again only after a second.
    /// </summary>
    public const int ListenBacklog = 16 * 1024;

    /// <summary>
    /// How long a TLS handshake may take, its wait for a processor included. Thousands of clients that come back at once
    /// queue for it; one that is cut off while it waits comes again and makes the queue longer.
    /// </summary>
    public static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Most headers of one request; more is 431.</summary>
    public const int MaxRequestHeaders = 100;

    /// <summary>
    /// Longest target of a request; a longer one is 414. A connection with as many streams as may be fits, each with a name of
    /// the largest size, every byte percent-encoded, and an offset; 8 KiB are left for the rest.
    /// </summary>
    public const int MaxTargetBytes = (MaxStreamsPerSession * (MaxEncodedNameBytes + StreamQueryBytes)) + (8 * 1024);

    /// <summary>
    /// Longest request line that Kestrel reads. It answers a longer one with a bare 414 before anything of ours runs, so it
    /// leaves room for a target that is too long to be told so with problem details.
    /// </summary>
    public const int MaxRequestLineBytes = MaxTargetBytes + (8 * 1024);

    /// <summary>
    /// Most bytes of all headers of one request; more is 431. In HTTP/2 the target is one of the headers, and HTTP/1.1 has the
    /// same bound because Kestrel has only one.
    /// </summary>
    public const int MaxRequestHeaderBytes = MaxRequestLineBytes + (32 * 1024);

    /// <summary>Largest body of <c>POST /v1/streams</c>: names and offsets with every character escaped.</summary>
    public const int MaxStreamsBodyBytes = 512 * 1024;

    private const int MaxEncodedNameBytes = 3 * ProtocolLimits.MaxStreamNameBytes;

    /// <summary>What stands around a name: <c>&amp;stream=</c> and <c>&amp;offset=</c> with its value.</summary>
    private const int StreamQueryBytes = 8 + 8 + StreamOffset.TextLength;

    /// <summary>Longest list of request headers that a preflight's answer repeats; a longer one gets the usual list.</summary>
    public const int MaxEchoedHeaderBytes = 4 * 1024;

    /// <summary>Most origins whose refusal is logged, each once.</summary>
    public const int MaxToldOrigins = 100;

    /// <summary>Most characters of a refused origin in a log line or a problem.</summary>
    public const int MaxToldOriginLength = 200;

    /// <summary>
    /// A body above its limit is read and dropped up to this size, so that the client has finished sending and sees the
    /// 413 instead of a reset connection.
    /// </summary>
    public const int MaxDrainedBodyBytes = 2 * ProtocolLimits.MaxRequestBodyBytes;

    /// <summary>
    /// Bytes of a client that wait in the server unread: of a body whose turn has not come, and of whatever a client sends
    /// beside a response that never ends. No less than the longest request line and all headers.
    /// </summary>
    public const int RequestBufferBytes = MaxRequestHeaderBytes;

    /// <summary>The same of one HTTP/2 connection, over all its streams.</summary>
    public const int Http2ConnectionWindowBytes = 128 * 1024;

    /// <summary>The same of one HTTP/2 stream.</summary>
    public const int Http2StreamWindowBytes = 96 * 1024;

    /// <summary>
    /// Table of HTTP/2 header fields that a client may refer to instead of sending them again: no less than the initial value of
    /// the protocol (RFC 9113 6.5.2). A client uses that much before it has seen the server's settings, and Kestrel applies what it
    /// announces at once: with a smaller table the second request of a new connection would end it with COMPRESSION_ERROR.
    /// </summary>
    public const int Http2HeaderTableBytes = 4 * 1024;

    /// <summary>
    /// Most bytes of the heads of one HTTP/2 connection's open requests, as they were decoded: with the table above a few sent bytes
    /// are <see cref="MaxRequestHeaderBytes"/> of each of its streams. Every stream may have twice a head that is not counted.
    /// </summary>
    public const int Http2HeldHeadBytes = 2 * Http2StreamsPerConnection * UncountedHeadBytes;

    /// <summary>Largest head that is not counted there: cookies, a token and a name of the largest size fit it.</summary>
    public const int UncountedHeadBytes = 8 * 1024;

    /// <summary>Largest body or message that may use the reserve for small ones.</summary>
    public const int SmallBodyBytes = 64 * 1024;

    /// <summary>Smallest array of a body that is not here completely.</summary>
    public const int SmallestBodyArray = 4 * 1024;

    /// <summary>
    /// Bytes per second below which a client is slow: its unfinished body or message is cut when its share is full and
    /// others need it. Otherwise it may take its time.
    /// </summary>
    public const int SlowBytesPerSecond = 32 * 1024;

    /// <summary>Least time over which a client's speed is measured before it is called slow.</summary>
    public static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(2);

    /// <summary>How long a body or message waits for the bytes of a slow one that was cut for it.</summary>
    public static readonly TimeSpan CutWait = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Deepest nesting of a message or a hub call: more than an event may have, so that an event that is nested too deeply is
    /// refused by itself.
    /// </summary>
    public const int MaxMessageDepth = 2 * ProtocolLimits.MaxJsonDepth;

    /// <summary>Most streams in one page of the admin listing.</summary>
    public const int MaxAdminPage = 1_000;

    /// <summary>Longest <c>wait-for-stream</c>, seconds.</summary>
    public const int MaxWaitForStreamSeconds = 60;

    /// <summary>Largest message of a WebSocket client: an event of the largest size in base64, with room for the rest.</summary>
    public const int MaxWebSocketMessageBytes = 2 * 1024 * 1024;

    /// <summary>Smallest <c>maxMessageBytes</c> of a client: every message but <c>events</c> and <c>move</c> fits it.</summary>
    public const int SmallestMaxMessageBytes = 8 * 1024;

    /// <summary>Longest <c>id</c> of a WebSocket message, in bytes of its JSON text.</summary>
    public const int MaxMessageIdBytes = 128;

    /// <summary>Most streams on one connection.</summary>
    public const int MaxStreamsPerSession = 64;

    /// <summary>Most appends of one WebSocket without an answer; further messages wait in the client's socket.</summary>
    public const int MaxAppendsInFlight = 64;

    /// <summary>Most payload bytes of these appends; one append may be larger.</summary>
    public const long MaxAppendBytesInFlight = 4L * 1024 * 1024;

    /// <summary>Most messages of one WebSocket that were read but not dealt with.</summary>
    public const int MaxUndealtMessages = 32;

    /// <summary>How long a client may take to answer a close before its connection is cut.</summary>
    public static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Bytes that SignalR keeps for a connection in each direction before it waits.</summary>
    public const int HubBufferBytes = 64 * 1024;

    /// <summary>Smallest share of a slice that each call of a SignalR connection gets, however many there are.</summary>
    public const int SmallestHubSliceBytes = 4 * 1024;

    /// <summary>
    /// Most bytes of events that one SignalR connection whose client takes nothing makes the server hold, kernel included: a
    /// full buffer and one slice per call, whatever the size of its events.
    /// </summary>
    public const int MaxBytesPerSlowHubConnection =
        HubBufferBytes + DeliveryLimits.MaxSliceBytes + (MaxStreamsPerSession * SmallestHubSliceBytes)
        + (2 * ResponseBufferBytes) + DeliveryLimits.MaxSliceBytes + LiveUnsentBytes;

    /// <summary>
    /// Largest part of a SignalR item that is larger than a slice. It lies in memory up to three times: in SignalR's buffer,
    /// in the transport's frame and in the response.
    /// </summary>
    public const int HubPartBytes = 16 * 1024;

    /// <summary>Most calls of a SignalR connection that are dealt with at once; further ones wait in its buffer.</summary>
    public const int MaxHubCallsInFlight = 4;

    /// <summary>How often SignalR says something on a silent connection; clients give up after twice that.</summary>
    public static readonly TimeSpan HubKeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>How long a SignalR client may say nothing before it is cut; clients say something every 15 s.</summary>
    public static readonly TimeSpan HubClientTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a SignalR client may take for its handshake.</summary>
    public static readonly TimeSpan HubHandshakeTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long SignalR keeps a negotiated connection that does not begin.</summary>
    public static readonly TimeSpan HubConnectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a long-poll of SignalR waits.</summary>
    public static readonly TimeSpan HubPollTimeout = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a SignalR client may take nothing. Who reads slowly is no fault; who is gone is found out by silence
    /// (<see cref="HubClientTimeout"/>).
    /// </summary>
    public static readonly TimeSpan HubSendTimeout = TimeSpan.FromHours(1);

    /// <summary>Between the last words of calls and the close of their connections, when the server stops.</summary>
    public static readonly TimeSpan HubFarewellPause = TimeSpan.FromMilliseconds(100);
}
