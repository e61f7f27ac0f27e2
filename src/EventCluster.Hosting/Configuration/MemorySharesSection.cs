using EventCluster.Abstractions.Memory;

namespace EventCluster.Hosting.Configuration;

/// <summary>How the memory budget is divided; what is left of 100 percent stays free.</summary>
public sealed class MemorySharesSection
{
    /// <summary>Request bodies above 64 KiB until their commit is settled; beyond it they answer 503.</summary>
    [Option("request bodies above 64 KiB until their commit is settled; beyond it they answer 503", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int RequestBodies { get; set; } = MemoryShares.Default.RequestBodies;

    /// <summary>Request bodies of at most 64 KiB, a reserve that large ones cannot take; beyond it they answer 503.</summary>
    [Option("request bodies of at most 64 KiB, a reserve that large ones cannot take; beyond it they answer 503", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int SmallBodies { get; set; } = MemoryShares.Default.SmallBodies;

    /// <summary>Unfinished WebSocket and SignalR messages, and their appends until they are settled.</summary>
    [Option("unfinished WebSocket and SignalR messages, and their appends until they are settled", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int Messages { get; set; } = MemoryShares.Default.Messages;

    /// <summary>Bytes handed to connections whose clients have not taken them.</summary>
    [Option("bytes handed to connections whose clients have not taken them", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int Delivery { get; set; } = MemoryShares.Default.Delivery;

    /// <summary>Events read for answers and for readers that catch up.</summary>
    [Option("events read for answers and for readers that catch up", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int CatchUp { get; set; } = MemoryShares.Default.CatchUp;

    /// <summary>Tail caches, feeds, and caches of blocks and frames; their own options are bounds inside it.</summary>
    [Option("tail caches, feeds, and caches of blocks and frames; their own options are bounds inside it", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int Caches { get; set; } = MemoryShares.Default.Caches;

    /// <summary>The index of streams, loaded streams and their producers; beyond it create, fork and new producers answer 507.</summary>
    [Option("the index of streams, loaded streams and their producers; beyond it create, fork and new producers answer 507", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int StreamState { get; set; } = MemoryShares.Default.StreamState;

    /// <summary>What the server holds for each connection at most; fewer connections are admitted when it is small.</summary>
    [Option("what the server holds for each connection at most; fewer connections are admitted when it is small", Unit = "percent", Minimum = 1, Maximum = 100)]
    public int Connections { get; set; } = MemoryShares.Default.Connections;

    /// <summary>The division in the words of the budget.</summary>
    internal MemoryShares ToShares() => new()
    {
        RequestBodies = RequestBodies,
        SmallBodies = SmallBodies,
        Messages = Messages,
        Delivery = Delivery,
        CatchUp = CatchUp,
        Caches = Caches,
        StreamState = StreamState,
        Connections = Connections,
    };
}
