using EventCluster.Delivery.Framing;

namespace EventCluster.Delivery.Pump;

/// <content>What is done with a feed and its connections, in the feed's turn.</content>
internal sealed partial class SubscriptionPump
{
    private void Serve(PumpedFeed source, FrameBuffer scratch)
    {
        source.HasMore = false;
        if (source.TryBeginAnew() || !source.Encode((int)feeds.WindowBytes, scratch))
        {
            LeaveAll(source, PumpExit.ReadOn);
            return;
        }

        // Backwards: a connection that leaves is replaced by the last one, which was served already.
        var connections = source.Connections;
        for (var i = connections.Count - 1; i >= 0; i--)
        {
            source.HasMore |= TryWrite(connections[i]);
        }

        if (!source.HasMore)
        {
            source.Clear();
        }
    }

    /// <summary>Writes a connection's next slice, if it can take one. True when there is more to write at once.</summary>
    private bool TryWrite(PumpedConnection connection)
    {
        if (connection.IsFlushing)
        {
            return false;
        }

        var log = connection.Log!;
        var source = connection.Source!;
        if (!source.TryFind(connection, out var from) || from < log.Start)
        {
            Leave(connection, PumpExit.ReadOn);
            return false;
        }

        if (from >= log.End)
        {
            return false;
        }

        var to = log.Fit(from, connection.Slice, connection.MaxSlice);
        if (to == from)
        {
            // An event that does not fit a slice: its transport writes it slice by slice.
            Leave(connection, PumpExit.ReadOn);
            return false;
        }

        connection.WriteSlice(log, source, from, to);
        connection.Position = source.Descriptor.Incarnations.OffsetAfter(to);
        Flush(connection);
        return connection.Source is not null && !connection.IsFlushing && to < log.End;
    }

    private void Flush(PumpedConnection connection)
    {
        connection.WrittenAt = deadlines.Now;
        if (!connection.TryFlush())
        {
            Leave(connection, PumpExit.Aborted);
        }
    }

    private void OnFlushed(PumpedConnection connection)
    {
        var isThere = connection.EndFlush();
        if (!isThere || connection.Leaving is not null)
        {
            Leave(connection, isThere ? connection.Leaving!.Value : PumpExit.Aborted);
            return;
        }

        if (TryWrite(connection))
        {
            Activate(connection.Source!);
        }
    }

    private void Beat(PumpedConnection connection)
    {
        var now = deadlines.Now;
        if (now >= connection.ExpiresAt)
        {
            Leave(connection, PumpExit.Expired);
            return;
        }

        if (!connection.IsFlushing && now >= deadlines.Later(connection.WrittenAt, connection.Heartbeat))
        {
            connection.WriteHeartbeat(connection.Source!);
            Flush(connection);
        }
        else if (connection.IsFlushing)
        {
            connection.WrittenAt = now;
        }

        if (connection.Source is not null)
        {
            connection.Schedule(deadlines, DueAt(connection));
        }
    }

    private long DueAt(PumpedConnection connection) =>
        Math.Min(connection.ExpiresAt, deadlines.Later(connection.WrittenAt, connection.Heartbeat));

    private void LeaveAll(PumpedFeed source, PumpExit exit)
    {
        lock (source.Turn)
        {
            for (var i = source.Connections.Count - 1; i >= 0; i--)
            {
                Leave(source.Connections[i], exit);
            }
        }
    }

    /// <summary>Hands a connection back, now or when its flush has completed: its writer has one user at a time.</summary>
    private void Leave(PumpedConnection connection, PumpExit exit)
    {
        if (connection.IsFlushing)
        {
            if (connection.Leaving is null or PumpExit.ReadOn)
            {
                connection.Leaving = exit;
            }

            if (exit == PumpExit.Aborted || (_isStopping && connection.EndsOnStop))
            {
                // Nothing can follow a slice that nobody takes.
                connection.Abort();
            }

            return;
        }

        var source = connection.Source!;
        source.Remove(connection);
        Interlocked.Decrement(ref _connections);
        connection.Leave(exit);
        if (source.Connections.Count == 0)
        {
            // Closed by the pump's thread, unless another connection comes first.
            source.Post();
        }
    }
}
