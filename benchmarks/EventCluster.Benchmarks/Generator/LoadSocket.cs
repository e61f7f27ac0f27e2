using System.Net;
using System.Threading.Tasks.Sources;

namespace EventCluster.Benchmarks.Generator;

/// <summary>
/// A TCP connection of a <see cref="LoadLoop"/>. It reads once per arrival and allocates nothing for it; what waits for it goes on
/// at once, on the loop's thread. One receiver and one sender at a time.
/// </summary>
public sealed class LoadSocket : IDisposable, IValueTaskSource<int>
{
    private readonly LoadLoop _loop;
    private readonly long _id;
    private readonly TaskCompletionSource _connected = new();
    private TaskCompletionSource? _writable;
    private Memory<byte> _room;
    private Action<object?>? _continuation;
    private object? _state;
    private Exception? _fault;
    private int _received;
    private short _turn;
    private bool _isReceiving;
    private bool _isReadable;
    private bool _hasPeerEnded;
    private bool _isClosed;

    private LoadSocket(LoadLoop loop, IPEndPoint server)
    {
        _loop = loop;
        Descriptor = Libc.BeginConnect(server);
        _id = loop.Add(this);
    }

    internal int Descriptor { get; }

    /// <summary>Connects, on the present thread's loop.</summary>
    public static async Task<LoadSocket> ConnectAsync(IPEndPoint server)
    {
        var socket = new LoadSocket(LoadLoop.Current, server);
        try
        {
            await socket._connected.Task;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Receives some bytes; 0 at the end.</summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> room)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        (_room, _isReceiving, _continuation, _fault) = (room, true, null, null);
        if (_isReadable)
        {
            _loop.ReadNextTurn(this);
        }

        return new ValueTask<int>(this, _turn);
    }

    /// <summary>Sends all bytes.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sent = Send(bytes.Span);
        return sent == bytes.Length ? default : SendRestAsync(bytes[sent..]);
    }

    /// <summary>Sends what there is room for; returns how much that was.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        return Math.Max(0, Libc.Send(Descriptor, bytes));
    }

    /// <summary>Waits until there is room again after a <see cref="Send"/> that did not take all.</summary>
    public Task WhenWritableAsync() => (_writable ??= new TaskCompletionSource()).Task;

    /// <inheritdoc />
    public void Dispose()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _loop.Remove(_id);
        Libc.Close(Descriptor);
        var closed = new ObjectDisposedException(nameof(LoadSocket));
        _connected.TrySetException(closed);
        _writable?.TrySetException(closed);
        if (_isReceiving)
        {
            Complete(0, closed);
        }
    }

    /// <inheritdoc />
    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) =>
        _isReceiving ? ValueTaskSourceStatus.Pending : _fault is null ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Faulted;

    /// <inheritdoc />
    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        if (!_isReceiving)
        {
            continuation(state);
            return;
        }

        (_continuation, _state) = (continuation, state);
    }

    /// <inheritdoc />
    int IValueTaskSource<int>.GetResult(short token)
    {
        if (token != _turn || _isReceiving)
        {
            throw new InvalidOperationException("A receive was awaited twice, or before it was over.");
        }

        _turn++;
        return _fault is null ? _received : throw _fault;
    }

    internal void OnEvents(uint events)
    {
        if (!_connected.Task.IsCompleted && !EndConnect(events))
        {
            return;
        }

        _hasPeerEnded |= (events & Libc.Ended) != 0;
        if ((events & Libc.Writable) != 0 && _writable is { } writable)
        {
            _writable = null;
            writable.TrySetResult();
        }

        if (_isClosed || (events & (Libc.Readable | Libc.Ended)) == 0)
        {
            return;
        }

        _isReadable = true;
        if (_isReceiving)
        {
            Receive();
        }
    }

    private bool EndConnect(uint events)
    {
        if ((events & (Libc.Writable | Libc.Ended)) == 0)
        {
            return false;
        }

        try
        {
            Libc.EndConnect(Descriptor);
            _connected.TrySetResult();
            return !_isClosed;
        }
        catch (Exception e)
        {
            _connected.TrySetException(e);
            return false;
        }
    }

    private void Receive()
    {
        try
        {
            var received = Libc.Receive(Descriptor, _room.Span);

            // What did not fill the room was all there is. An end that came with it is told once, so it is remembered.
            _isReadable = received == _room.Length || _hasPeerEnded;
            if (received >= 0)
            {
                _loop.BytesReceived += received;
                Complete(received, null);
            }
            else
            {
                _isReadable = false;
            }
        }
        catch (Exception e) when (_isReceiving)
        {
            Complete(0, e);
        }
    }

    private void Complete(int received, Exception? fault)
    {
        (_received, _fault, _isReceiving, _room) = (received, fault, false, default);
        var (continuation, state) = (_continuation, _state);
        (_continuation, _state) = (null, null);
        continuation?.Invoke(state);
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            await WhenWritableAsync();
            bytes = bytes[Send(bytes.Span)..];
        }
    }
}
