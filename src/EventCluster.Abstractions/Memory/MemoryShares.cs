namespace EventCluster.Abstractions.Memory;

/// <summary>How a <see cref="MemoryBudget"/> is divided: percent of the whole.</summary>
public sealed record MemoryShares
{
    /// <summary>The division unless an operator sets another one.</summary>
    public static readonly MemoryShares Default = new();

    /// <summary>Request bodies and what is made of them until their commit is settled.</summary>
    public int RequestBodies { get; init; } = 18;

    /// <summary>The reserve of bodies of at most 64 KiB, which large ones cannot take.</summary>
    public int SmallBodies { get; init; } = 4;

    /// <summary>Unfinished WebSocket and SignalR messages, and their appends until they are settled.</summary>
    public int Messages { get; init; } = 8;

    /// <summary>Bytes due to readers: what was handed to a connection and not taken by its client.</summary>
    public int Delivery { get; init; } = 12;

    /// <summary>Events that are read for answers and for readers that catch up.</summary>
    public int CatchUp { get; init; } = 8;

    /// <summary>Tail caches, feeds, and the caches of blocks and frames.</summary>
    public int Caches { get; init; } = 10;

    /// <summary>The index of streams, loaded streams and their producers.</summary>
    public int StreamState { get; init; } = 15;

    /// <summary>What the server holds for each connection, at most.</summary>
    public int Connections { get; init; } = 25;

    /// <summary>Percent given out.</summary>
    public int Sum =>
        RequestBodies + SmallBodies + Messages + Delivery + CatchUp + Caches + StreamState + Connections;
}
