using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace EventCluster.Edge.Connections;

/// <summary>A connection that leaves its gate when it is closed.</summary>
internal sealed class CountedConnection : ConnectionContext
{
    private readonly ConnectionContext _inner;
    private readonly ConnectionGate _gate;
    private readonly ReservedConnection? _reserved;
    private readonly CancellationTokenRegistration _closed;
    private int _isGone;

    /// <param name="inner">The socket.</param>
    /// <param name="gate">What counts it.</param>
    /// <param name="reserved">Its place when it is one of the reserve, which serves administration only.</param>
    public CountedConnection(ConnectionContext inner, ConnectionGate gate, ReservedConnection? reserved = null)
    {
        (_inner, _gate, _reserved) = (inner, gate, reserved);
        Place = new LinkedListNode<CountedConnection>(this);
        if (reserved is not null)
        {
            inner.Features.Set(reserved);
            reserved.Attach(inner.Abort);
        }

        _closed = inner.ConnectionClosed.UnsafeRegister(
            static connection => ((CountedConnection)connection!)._gate.NoteClosed((CountedConnection)connection), this);
    }

    /// <summary>Its place among those that the other end closed; guarded by the lock of the gate.</summary>
    internal LinkedListNode<CountedConnection> Place { get; }

    /// <summary>When it was looked at last, a timestamp; guarded by the lock of the gate.</summary>
    internal long SeenAt { get; set; }

    /// <summary>
    /// Its descriptor is free. The other end may close one direction and go on reading, so a connection that it closed may be open.
    /// </summary>
    internal bool HasNoDescriptor => _inner.Features.Get<IConnectionSocketFeature>()?.Socket.SafeHandle.IsClosed ?? true;

    /// <summary>It left its gate.</summary>
    public bool IsGone => Volatile.Read(ref _isGone) != 0;

    /// <inheritdoc />
    public override string ConnectionId
    {
        get => _inner.ConnectionId;
        set => _inner.ConnectionId = value;
    }

    /// <inheritdoc />
    public override IFeatureCollection Features => _inner.Features;

    /// <inheritdoc />
    public override IDictionary<object, object?> Items
    {
        get => _inner.Items;
        set => _inner.Items = value;
    }

    /// <inheritdoc />
    public override IDuplexPipe Transport
    {
        get => _inner.Transport;
        set => _inner.Transport = value;
    }

    /// <inheritdoc />
    public override CancellationToken ConnectionClosed
    {
        get => _inner.ConnectionClosed;
        set => _inner.ConnectionClosed = value;
    }

    /// <inheritdoc />
    public override EndPoint? LocalEndPoint
    {
        get => _inner.LocalEndPoint;
        set => _inner.LocalEndPoint = value;
    }

    /// <inheritdoc />
    public override EndPoint? RemoteEndPoint
    {
        get => _inner.RemoteEndPoint;
        set => _inner.RemoteEndPoint = value;
    }

    /// <inheritdoc />
    public override void Abort() => _inner.Abort();

    /// <inheritdoc />
    public override void Abort(ConnectionAbortedException abortReason) => _inner.Abort(abortReason);

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        try
        {
            await _inner.DisposeAsync();
            await base.DisposeAsync();
        }
        finally
        {
            // Only now is its descriptor free.
            _closed.Unregister();
            Leave();
        }
    }

    /// <summary>It leaves its gate, whether or not its server let go of it.</summary>
    internal void Leave()
    {
        if (Interlocked.Exchange(ref _isGone, 1) == 0)
        {
            _gate.Leave(this, _reserved);
        }
    }
}
