using EventCluster.Abstractions.Memory;
using EventCluster.Core;
using EventCluster.Edge;
using EventCluster.Edge.Memory;
using EventCluster.Protocol;

namespace EventCluster.Hosting.Configuration;

/// <summary>How large the memory budget of this node is.</summary>
internal static class NodeMemory
{
    /// <summary>
    /// Percent of the heap's limit that clients can fill. The rest is for what is counted nowhere: code, threads, and
    /// arrays that are given up but not collected yet.
    /// </summary>
    public const int DefaultPercent = 60;

    private const int WholePercent = 100;

    /// <summary>
    /// What the runtime may use: the limit of a container or of <c>DOTNET_GCHeapHardLimit</c>, else the machine's memory.
    /// </summary>
    public static long Available => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>Bytes of the whole budget.</summary>
    /// <param name="options">What the operator set.</param>
    /// <param name="available">What the runtime may use.</param>
    public static long BytesOf(EventClusterOptions options, long available) =>
        options.Memory.Budget > 0 ? options.Memory.Budget : Math.Max(1, available / WholePercent * DefaultPercent);

    /// <summary>The budget that all parts of the node share.</summary>
    /// <param name="options">What the operator set; validated.</param>
    /// <param name="available">What the runtime may use.</param>
    public static MemoryBudget Create(EventClusterOptions options, long available) =>
        new(BytesOf(options, available), options.Memory.Shares.ToShares());

    /// <summary>What each share must hold at least, so that one client with the largest request is served.</summary>
    /// <param name="options">What the operator set.</param>
    /// <param name="budget">The budget to check.</param>
    public static IEnumerable<(MemoryShare Share, long Bytes, string What)> Least(
        EventClusterOptions options, MemoryBudget budget)
    {
        var body = NodeOptions.AppendBytes(options);
        yield return (budget.RequestBodies, AppendCost.MostOfBody(body), $"one request body of {body} bytes");
        yield return (budget.SmallBodies, AppendCost.MostOfBody(EdgeLimits.SmallBodyBytes), "one small request body");
        yield return (
            budget.CatchUp, EventBlock.EncodedBytes(1, ProtocolLimits.MaxReadAnswerBytes + ProtocolLimits.MaxEventBytes),
            "one answer of the largest size");
        yield return (
            budget.Messages, AppendCost.MostOfMessage(EdgeLimits.MaxWebSocketMessageBytes), "one message of the largest size");
    }

    /// <summary>Keeps the caches of the HTTP surface within their share, whatever their own options say.</summary>
    public static void Bound(EdgeOptions edge, MemoryBudget budget)
    {
        edge.FeedBytes = Math.Min(edge.FeedBytes, budget.Caches.Limit / 4);
        edge.BlockCacheBytes = Math.Min(edge.BlockCacheBytes, budget.Caches.Limit / 8);
        edge.FrameCacheBytes = Math.Min(edge.FrameCacheBytes, budget.Caches.Limit / 8);
    }

    /// <summary>Keeps the tail caches within the other half of the share, and counts the streams that are loaded.</summary>
    public static LocalStreamDirectoryOptions Bound(LocalStreamDirectoryOptions directory, MemoryBudget? budget)
    {
        if (budget is not null)
        {
            directory.TailCacheBytesPerNode = Math.Min(directory.TailCacheBytesPerNode, budget.Caches.Limit / 2);
            directory.StreamState = budget.StreamState;
        }

        return directory;
    }

    /// <summary>The division in words, for the line at start.</summary>
    public static string Describe(MemoryBudget budget) =>
        string.Join(", ", budget.All.Select(static share => $"{share.Name} {share.Limit >> 20} MiB"));
}
