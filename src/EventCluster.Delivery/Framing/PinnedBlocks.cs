using EventCluster.Abstractions.Memory;

namespace EventCluster.Delivery.Framing;

/// <summary>Blocks that wait for clients, by the share that they count in.</summary>
internal sealed class PinnedBlocks(MemoryBudget budget)
{
    /// <summary>Blocks of live deliveries that stopped inside a large event.</summary>
    public BlockPins Delivery { get; } = new(budget.Delivery);

    /// <summary>Blocks of long answers.</summary>
    public BlockPins Answers { get; } = new(budget.CatchUp);
}
