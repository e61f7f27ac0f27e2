using EventCluster.Benchmarks.Clients;
using EventCluster.Benchmarks.Running;

namespace EventCluster.Benchmarks.Clusters;

/// <summary>
/// What streams cost while nothing happens but somebody follows each of them: heartbeats, the waiting reads that edges ask
/// again, the fences that owners check; and the memory of all that.
/// </summary>
public static class ClusterFollowed
{
    private const int CreatingAtOnce = 32;
    private const int Warm = 50;

    /// <summary>One round; use a few long ones, because reads wait 10 s and heartbeats 20 s.</summary>
    public static async Task<IReadOnlyList<Figure>> RunAsync(BenchmarkContext context, ClusterSubject cluster, int round)
    {
        var count = context.Settings.Size("followed", 2_000, 20);
        var warm = await FollowAsync(cluster, $"warm/{round}", Warm);
        var before = Resident(cluster);
        var readers = await FollowAsync(cluster, $"followed/{round}", count);

        // The first reads end, and what was only needed to begin is given back.
        await Task.Delay(context.Settings.Tiny ? context.Settings.Round : TimeSpan.FromSeconds(15), TimeProvider.System);
        var usage = new ClusterUsage(cluster);
        await Task.Delay(context.Settings.Round, TimeProvider.System);
        var used = usage.Stop("streams", "stream-second", (long)(count * Math.Max(1, context.Settings.Round.TotalSeconds)));
        var after = Resident(cluster);
        if (Array.Find(readers, reader => reader.Fault is not null)?.Fault is { } fault)
        {
            throw new InvalidDataException("A reader of a stream without events was cut off.", fault);
        }

        Array.ForEach([.. warm, .. readers], reader => reader.Dispose());
        return
        [
            .. used.Skip(1).SkipLast(1),
            .. after.Zip(before, (now, then) => new Figure($"{now.Role} bytes", (now.Bytes - then.Bytes) / (double)count)),
        ];
    }

    private static (string Role, long Bytes)[] Resident(ClusterSubject cluster) =>
        [.. cluster.Roles.Select(role => (role.Role, role.Processes.ResidentBytes))];

    private static async Task<LiveReader[]> FollowAsync(ClusterSubject cluster, string prefix, int count)
    {
        foreach (var chunk in Enumerable.Range(0, count).Chunk(CreatingAtOnce))
        {
            await Task.WhenAll(chunk.Select(i => cluster.Edges[0].CreateAsync($"{prefix}/{i}")));
        }

        return await cluster.ConnectAsync(
            count, i => new LiveReader(cluster.Edges[0].EventSource, $"{prefix}/{i}", 1024, new EventScan()));
    }
}
