using System.Buffers;
using System.IO.Pipelines;
using EventCluster.Edge.Memory;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// What a SignalR client sends, counted while a message is unfinished: SignalR keeps it in the connection's pipe until its
/// end has come, far beyond the pipe's own bound, and parses it into a copy.
/// </summary>
internal sealed class HubInput(PipeReader inner, InboundPool memory) : PipeReader, IDisposable
{
    private ReadOnlySequence<byte> _buffer;
    private InboundArrival? _arrival;
    private long _unread;
    private int _reserved;

    /// <summary>Puts itself, and <see cref="HubOutput"/>, between a connection and its hub.</summary>
    public static async Task RunAsync(ConnectionContext connection, InboundPool memory, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        using var input = new HubInput(transport.Input, memory);
        connection.Transport = new Pipes(input, new HubOutput(transport.Output));
        await next(connection);
    }

    /// <inheritdoc />
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        await ReserveAsync();
        _arrival?.Wait();
        var result = await inner.ReadAsync(cancellationToken);
        if (_arrival is { } arrival && !await arrival.ArrivedAsync(result.Buffer.Length - _unread))
        {
            // Given up at once and not with the connection: others wait for it.
            Dispose();
            throw new HubException(
                "overloaded: the message came too slowly, and others need the memory that it held; send it again, in smaller parts.");
        }

        _buffer = result.Buffer;
        return result;
    }

    /// <inheritdoc />
    public override bool TryRead(out ReadResult result)
    {
        var hasRead = inner.TryRead(out result);
        _buffer = result.Buffer;
        return hasRead;
    }

    /// <inheritdoc />
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc />
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _unread = _buffer.Slice(consumed).Length;
        _buffer = default;
        inner.AdvanceTo(consumed, examined);
    }

    /// <inheritdoc />
    public override void CancelPendingRead() => inner.CancelPendingRead();

    /// <inheritdoc />
    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public void Dispose()
    {
        _arrival?.Dispose();
        _arrival = null;
        _reserved = 0;
    }

    /// <summary>
    /// Reserves what the unfinished message holds, what the pipe takes before it is looked at again, and the copy that
    /// parsing makes. What the pipe holds anyway belongs to the connection.
    /// </summary>
    private async ValueTask ReserveAsync()
    {
        if (_unread <= EdgeLimits.HubBufferBytes)
        {
            Dispose();
            return;
        }

        var needed = 2 * ((int)_unread + EdgeLimits.HubBufferBytes);
        if (needed <= _reserved)
        {
            return;
        }

        // Twice as much at a time, so that a message asks a few times only.
        needed = Math.Min(2 * needed, 2 * (EdgeLimits.MaxWebSocketMessageBytes + EdgeLimits.HubBufferBytes));
        _arrival ??= memory.Begin(inner.CancelPendingRead);
        if (!await _arrival.TryGrowAsync(needed, needed))
        {
            Dispose();
            throw new HubException("overloaded: the memory for messages is used up; reconnect in a moment and send it again.");
        }

        _arrival.Replaced();
        _reserved = needed;
    }

    private sealed class Pipes(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
