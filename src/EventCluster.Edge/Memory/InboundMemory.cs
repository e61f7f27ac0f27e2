using EventCluster.Abstractions.Memory;

namespace EventCluster.Edge.Memory;

/// <summary>The memory for what clients send: bodies and messages, with one reserve for the small ones of both.</summary>
internal sealed class InboundMemory(MemoryBudget budget, TimeProvider time)
{
    /// <summary>Request bodies.</summary>
    public InboundPool Bodies { get; } = new(budget.RequestBodies, budget.SmallBodies, time);

    /// <summary>Messages of WebSockets and SignalR connections.</summary>
    public InboundPool Messages { get; } = new(budget.Messages, budget.SmallBodies, time);
}
