namespace EventCluster.Abstractions.Memory;

/// <summary>
/// The memory that a node gives to what clients can make it hold, divided into shares. Every part counts the arrays that
/// it rents before it allocates them; over its share it refuses or waits, and says so to its client.
/// </summary>
public sealed class MemoryBudget
{
    private const int WholePercent = 100;

    /// <param name="bytes">The whole.</param>
    /// <param name="shares">Its division; null for <see cref="MemoryShares.Default"/>.</param>
    public MemoryBudget(long bytes, MemoryShares? shares = null)
    {
        shares ??= MemoryShares.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shares.Sum, WholePercent, nameof(shares));
        Bytes = bytes;
        RequestBodies = Part("request-bodies", shares.RequestBodies);
        SmallBodies = Part("small-bodies", shares.SmallBodies);
        Messages = Part("messages", shares.Messages);
        Delivery = Part("delivery", shares.Delivery);
        CatchUp = Part("catch-up", shares.CatchUp);
        Caches = Part("caches", shares.Caches);
        StreamState = Part("stream-state", shares.StreamState);
        Connections = Part("connections", shares.Connections);
        All = [RequestBodies, SmallBodies, Messages, Delivery, CatchUp, Caches, StreamState, Connections];

        MemoryShare Part(string name, int percent)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(percent, nameof(shares));
            return new MemoryShare(name, bytes / WholePercent * percent);
        }
    }

    /// <summary>The whole, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>Every share.</summary>
    public IReadOnlyList<MemoryShare> All { get; }

    /// <summary>Request bodies above 64 KiB and what is made of them, until their commit is settled.</summary>
    public MemoryShare RequestBodies { get; }

    /// <summary>The same for bodies of at most 64 KiB.</summary>
    public MemoryShare SmallBodies { get; }

    /// <summary>Unfinished WebSocket and SignalR messages, and their appends until they are settled.</summary>
    public MemoryShare Messages { get; }

    /// <summary>Bytes due to readers: what was handed to a connection and not taken by its client.</summary>
    public MemoryShare Delivery { get; }

    /// <summary>Events that are read for answers and for readers that catch up.</summary>
    public MemoryShare CatchUp { get; }

    /// <summary>Tail caches, feeds, and the caches of blocks and frames.</summary>
    public MemoryShare Caches { get; }

    /// <summary>The index of streams, loaded streams and their producers.</summary>
    public MemoryShare StreamState { get; }

    /// <summary>What the server holds for each connection, at most.</summary>
    public MemoryShare Connections { get; }

    /// <summary>Bytes reserved now, over all shares.</summary>
    public long Used => All.Sum(static share => share.Used);

    /// <summary>A budget that nothing reaches, for parts that run without a node around them.</summary>
    public static MemoryBudget Unbounded() => new(long.MaxValue / 2);
}
