using System.IO.Pipelines;
using EventCluster.Delivery.Feeds;
using EventCluster.Edge.Live;
using EventCluster.Edge.Memory;
using EventCluster.Edge.Messages;
using EventCluster.Edge.Sessions;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.WebSockets;

/// <summary>One WebSocket: receives frames, has them dealt with by the loop, and takes its leave.</summary>
internal sealed partial class WebSocketSession : IDisposable
{
    private readonly HttpContext _context;
    private readonly SessionServices _services;
    private readonly WebSocketReader _reader;
    private readonly PipeReader _input;
    private readonly LiveResponse _response;
    private readonly SessionWriter _output;
    private readonly SessionLoop _loop;
    private readonly FrameSink _frames;
    private readonly ServerMessages _messages;
    private readonly WebSocketProtocol _protocol;
    private readonly SessionClock _clock;
    private readonly TimeSpan _heartbeat;
    private readonly List<ClientMessage.Append> _admitted = [];
    private readonly InFlightGate _undealt = new(EdgeLimits.MaxUndealtMessages, long.MaxValue);
    private readonly Action _dealt;
    private readonly InFlightGate _appends = new(EdgeLimits.MaxAppendsInFlight, EdgeLimits.MaxAppendBytesInFlight);

    /// <param name="context">The accepted request.</param>
    /// <param name="frames">The frames of both sides.</param>
    /// <param name="services">What all sessions share.</param>
    /// <param name="heartbeat">One heartbeat of this connection.</param>
    /// <param name="window">Least time between two deliveries.</param>
    public WebSocketSession(HttpContext context, Stream frames, SessionServices services, TimeSpan heartbeat, TimeSpan window)
    {
        _context = context;
        _services = services;
        _heartbeat = heartbeat;
        _dealt = () => _undealt.Exit(0);
        _input = PipeReader.Create(frames, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));
        _reader = new WebSocketReader(_input, services.Inbound.Messages);
        _response = new LiveResponse(
            context, services.Options, CancellationToken.None,
            PipeWriter.Create(frames, new StreamPipeWriterOptions(leaveOpen: true)));
        _response.Unbound();

        // What a first slice does not get rid of waits here and in Kestrel, so slices grow with a client that takes them.
        _response.NoteFlush(completedAtOnce: false);
        _output = new SessionWriter(_response);
        _frames = new FrameSink(_output);
        _messages = new ServerMessages(_frames, services.Frames);
        _loop = new SessionLoop(services, _output, _messages, window, context.RequestAborted)
        {
            Client = WaitingClient.Of(context.Connection.RemoteIpAddress, context.Connection.Id),

            // The session's own clock sends the pings, so the pump's come only if that fails.
            Cut = () => Close(CloseCode.TryLater, "The event was removed while it was sent; reconnect from the last offset."),
            Carriage = subscription => new MessageConnection(_response, subscription) { Heartbeat = 2 * heartbeat },
        };
        _protocol = new WebSocketProtocol(
            _loop.Subscriptions, _messages, services.Streams.Durability, StartAppend, _loop.Post, Close);
        _messages.Answered = _protocol.OnAnswered;
        _clock = new SessionClock(services.Deadlines, heartbeat, window, _loop, hears: true, _messages.Ping, context.Abort)
        {
            Silent = () => Close(CloseCode.Silent, "Nothing was heard for two heartbeats; answer each ping with {\"type\":\"pong\"}."),
        };
    }

    /// <summary>Runs until the connection is gone.</summary>
    /// <param name="subscriptions">What the URL asked for.</param>
    /// <param name="refusal">When the connection is closed at once: the code and the reason.</param>
    public async Task RunAsync(IReadOnlyList<Subscription> subscriptions, (CloseCode Code, string Reason)? refusal)
    {
        _loop.Post(() => Begin(subscriptions, refusal));
        using var stopping = _services.Stopping.UnsafeRegister(static s => ((WebSocketSession)s!).OnStopping(), this);
        var receiving = ReceiveAsync();
        try
        {
            await _loop.RunAsync();
        }
        catch (Exception e) when (_context.RequestAborted.IsCancellationRequested || e is OperationCanceledException)
        {
            // The client is gone, or was cut.
        }
        catch (Exception e)
        {
            if (!_services.Feeds.Damage.TryReport(_services.Logger, e))
            {
                LogFault(_services.Logger, e);
            }

            await CloseAfterFaultAsync();
        }

        _clock.BeginFarewell();
        await receiving;
    }

    public void Dispose()
    {
        _clock.Dispose();
        _reader.Dispose();
        _response.Dispose();
        lock (_admitted)
        {
            // Appends that no loop will start any more.
            _admitted.ForEach(static append => append.Memory.Release());
            _admitted.Clear();
        }
    }

    private void Begin(IReadOnlyList<Subscription> subscriptions, (CloseCode Code, string Reason)? refusal)
    {
        if (refusal is { } refused)
        {
            Close(refused.Code, refused.Reason);
            return;
        }

        _messages.Hello(_services.Streams.Durability, _heartbeat);
        foreach (var subscription in subscriptions)
        {
            _loop.Subscriptions.Add(subscription);
        }
    }

    /// <summary>The server stops: the client hears where it stood and when to come back, spread in time.</summary>
    private void OnStopping()
    {
        _clock.BeginFarewell();
        _loop.Post(() =>
        {
            _messages.Move(_loop.Subscriptions.All, _services.NextRetryMilliseconds(), "stopping");
            Close(CloseCode.Restart, "The server stops; reconnect after the delay of the move message.");
        });
    }

    private void Close(CloseCode code, string reason)
    {
        _clock.BeginFarewell();
        _frames.PutClose(code, reason);
        _loop.End();
    }

    private async Task CloseAfterFaultAsync()
    {
        try
        {
            _frames.PutClose(CloseCode.Internal, "The server failed; its log has more.");
            await _output.FlushAsync(_context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            _context.Abort();
        }
    }

    private async Task ReceiveAsync()
    {
        try
        {
            while (await _reader.ReadAsync(_context.RequestAborted) is { Kind: not SocketInputKind.Ended } input)
            {
                _clock.Hear();
                if (!await AdmitAsync(input))
                {
                    return;
                }
            }

            _clock.BeginFarewell();
            _loop.Post(_loop.End);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            _loop.Post(_loop.End);
        }
    }

    /// <summary>Hands one input to the loop. False when nothing more is to be read.</summary>
    private async ValueTask<bool> AdmitAsync(SocketInput input)
    {
        switch (input.Kind)
        {
            case SocketInputKind.Text when !_loop.IsEnding:
                // The payloads of an append are copied while it is parsed.
                var text = input.Payload.Span;
                var held = _services.Inbound.Messages.TryReserve(text.Length, AppendCost.OfMessage(text));
                if (!ClientMessageParser.TryParse(text, held.IsGranted, out var message, out var violation)
                    || message is not ClientMessage.Append append)
                {
                    held.Release();
                }
                else
                {
                    append.Memory = held;
                    Note(append);
                }

                if (message is null)
                {
                    return await RefuseAsync(CloseCode.Protocol, violation!);
                }

                await AdmitAsync(message);
                return true;
            case SocketInputKind.Ping when !_loop.IsEnding:
                var payload = input.Payload.ToArray();
                await PostAsync(done =>
                {
                    done();
                    _frames.PutPong(payload);
                });
                return true;
            case SocketInputKind.Close:
                _clock.BeginFarewell();
                _loop.Post(() => Close(input.Code, ""));
                return false;
            case SocketInputKind.Violation:
                return await RefuseAsync(input.Code, input.Reason);
            default:
                return true;
        }
    }

    private async ValueTask AdmitAsync(ClientMessage message)
    {
        if (message is ClientMessage.Append append)
        {
            await _appends.EnterAsync(append.Bytes, _context.RequestAborted);
        }

        if (message is not ClientMessage.Pong)
        {
            await PostAsync(done => _protocol.Receive(message, done));
        }
    }

    /// <summary>Has something done by the loop, which says when it is done: at once, or in the turn of its answer.</summary>
    private async ValueTask PostAsync(Action<Action> work)
    {
        await _undealt.EnterAsync(0, _context.RequestAborted);
        _loop.Post(() => work(_dealt));
    }

    /// <summary>Closes for a violation; what still comes is dropped, so that the close is not lost to a reset.</summary>
    private async ValueTask<bool> RefuseAsync(CloseCode code, string reason)
    {
        _clock.BeginFarewell();
        LogViolation(_services.Logger, (ushort)code, reason);
        _loop.Post(() => Close(code, reason));
        while (true)
        {
            var dropped = await _input.ReadAsync(_context.RequestAborted);
            _input.AdvanceTo(dropped.Buffer.End);
            if (dropped.IsCompleted)
            {
                return false;
            }
        }
    }

    private void Note(ClientMessage.Append append)
    {
        lock (_admitted)
        {
            _admitted.Add(append);
        }
    }

    private bool Forget(ClientMessage.Append append)
    {
        lock (_admitted)
        {
            return _admitted.Remove(append);
        }
    }

    private void StartAppend(ClientMessage.Append message, AnswerOrder.Answer answer)
    {
        // Its memory is the append's own from here on: it may outlive the connection.
        if (Forget(message))
        {
            _ = AppendAsync(message, answer);
        }
    }

    private async Task AppendAsync(ClientMessage.Append message, AnswerOrder.Answer answer)
    {
        var outcome = await _services.AppendAsync(message.Stream, message.Request);

        message.Memory.Release();

        // The append counts until its answer is given: answers that wait for an earlier one are bounded too.
        _loop.Post(() => _protocol.OnAppended(message, answer, outcome, () => _appends.Exit(message.Bytes)));
    }
}
