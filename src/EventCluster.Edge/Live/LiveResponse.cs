using System.IO.Pipelines;
using EventCluster.Delivery.Framing;
using EventCluster.Delivery.Pump;
using EventCluster.Delivery.Reading;
using EventCluster.Edge.Http;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.Live;

/// <summary>A response that stays open: its headers, its end when the client leaves or the server stops, its flushes.</summary>
internal sealed class LiveResponse : LiveOutput, IDisposable
{
    private static readonly StringValues NoTransform = "no-cache, no-transform";
    private static readonly StringValues No = "no";

    private readonly HttpContext _context;
    private readonly PipeWriter? _output;
    private readonly EdgeOptions _options;
    private readonly CancellationToken _stopping;
    private CancellationTokenSource? _ended;

    /// <param name="context">The request.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="stopping">Cancelled when the server stops.</param>
    /// <param name="output">Where it is written to, when that is not the body of an HTTP response.</param>
    public LiveResponse(
        HttpContext context, EdgeOptions options, CancellationToken stopping, PipeWriter? output = null)
        : base(MaxSliceOf(context, options, isSocket: output is not null))
    {
        _output = output;
        _context = context;
        _options = options;
        _stopping = stopping;
    }

    /// <summary>Cancelled when the client leaves or the server stops.</summary>
    public CancellationToken Ended =>
        (_ended ??= CancellationTokenSource.CreateLinkedTokenSource(_context.RequestAborted, _stopping)).Token;

    /// <summary>Cancelled when the client leaves.</summary>
    public CancellationToken Aborted => _context.RequestAborted;

    /// <inheritdoc />
    public override PipeWriter Output => _output ?? _context.Response.BodyWriter;

    /// <summary>Whether the client is still there; then a stopping server can say good-bye.</summary>
    public bool ClientIsThere => !_context.RequestAborted.IsCancellationRequested;

    /// <summary>Whether the headers are on their way.</summary>
    public bool HasStarted => _context.Response.HasStarted;

    /// <summary>Sets status and headers of an event stream.</summary>
    /// <param name="contentType">Its media type.</param>
    /// <param name="base64">Whether payloads stand in base64, which <c>live=sse</c> says in a header.</param>
    public void Begin(StringValues contentType, bool base64 = false)
    {
        var headers = _context.Response.Headers;
        headers.ContentType = contentType;
        headers.CacheControl = NoTransform;
        headers["X-Accel-Buffering"] = No;
        if (base64)
        {
            headers[HeaderNames.SseDataEncoding] = ResponseHeaders.Base64;
        }

        Unbound();
    }

    /// <summary>Lifts the limits that are made for answers, and sets those of a connection that stays.</summary>
    public void Unbound() => ConnectionBounds.SetForResponse(_context, _options);

    /// <summary>
    /// Hands the slice to the client and waits until it is taken. False when the client is gone; when the server stops
    /// meanwhile, the connection is cut, because nothing can follow a slice that nobody takes.
    /// </summary>
    public async ValueTask<bool> FlushAsync()
    {
        try
        {
            var flush = Output.FlushAsync(Ended);
            NoteFlush(flush.IsCompleted);
            var flushed = await flush;
            return !flushed.IsCompleted && !flushed.IsCanceled;
        }
        catch (OperationCanceledException)
        {
            _context.Abort();
            return false;
        }
    }

    /// <summary>
    /// Sends a large event. False when the client is gone; when the event is, the connection is cut, because no client may
    /// take a part for the whole.
    /// </summary>
    public async ValueTask<bool> SendAsync(SliceSender sender, LargeEvent large)
    {
        var exit = SliceExit.Lost;
        try
        {
            exit = await sender.SendAsync(large);
        }
        catch (OperationCanceledException)
        {
            // The server stops: a good-bye inside an event would end it.
        }

        if (exit == SliceExit.Lost)
        {
            _context.Abort();
        }

        return exit is SliceExit.Sent or SliceExit.Removed;
    }

    /// <inheritdoc />
    public override void Abort() => _context.Abort();

    /// <summary>Gives up what <see cref="Ended"/> costs until it is asked for again, for a long rest on the pump.</summary>
    public void ReleaseEnded()
    {
        _ended?.Dispose();
        _ended = null;
    }

    public void Dispose() => ReleaseEnded();

    private static int MaxSliceOf(HttpContext context, EdgeOptions options, bool isSocket) =>
        !HttpProtocol.IsHttp2(context.Request.Protocol) ? options.MaxSseSlice
        : Math.Min(options.MaxSseSlice, isSocket ? EdgeLimits.Http2SocketSliceBytes : EdgeLimits.Http2SliceBytes);
}
