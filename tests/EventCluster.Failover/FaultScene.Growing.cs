using System.Globalization;
using EventCluster.Protocol;
using EventCluster.TestKit;
using EventCluster.TestKit.Servers;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Failover;

/// <content>No fault at all: the operator adds a backlog silo and an edge.</content>
internal sealed partial class FaultScene
{
    /// <summary>The new silo must own this part of the active streams.</summary>
    private const int ShareOf = 4;

    /// <summary>New clients; the load balancer gives each the edge with the fewest.</summary>
    private const int NewClients = 9;

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>One more backlog silo gets its share of the streams; one more edge gets new connections at once.</summary>
    public static async Task GrowAsync(FaultScene scene, CancellationToken cancellationToken)
    {
        var silo = await scene.Cluster.AddAsync("backlog", cancellationToken);
        scene.Begin();
        await scene.UntilOwnsItsShareAsync(silo, cancellationToken);
        await scene.UntilRecoveredAsync(cancellationToken);
        var moved = $"{scene.Victims.Count} of {scene.Workload.Streams.Count} streams moved; longest append of each: "
            + $"{Spread(scene.LongestOf(scene.Victims.Contains))}; of the others: "
            + Spread(scene.LongestOf(stream => !scene.Victims.Contains(stream)));
        var edge = await scene.Cluster.AddAsync("edge", cancellationToken);
        scene.Workload.Ask(edge);
        scene.Remark = $"{moved}; {await scene.ConnectAsync(edge, cancellationToken)} of {NewClients} new clients came to the new edge";
    }

    private async Task UntilOwnsItsShareAsync(ClusterProcess silo, CancellationToken cancellationToken)
    {
        while ((Victims = await cluster.OwnedAsync(silo, cancellationToken)).Count * ShareOf < workload.Streams.Count)
        {
            if (time.GetElapsedTime(_began) > Phase.HangGuard)
            {
                throw new TimeoutException(
                    $"{silo.Name} owns {Victims.Count} of {workload.Streams.Count} streams after {Phase.HangGuard}.");
            }

            await Task.Delay(LookInterval, time, cancellationToken);
        }
    }

    /// <summary>Subscribes through the load balancer, and says how many of the connections ended at that edge.</summary>
    private async Task<int> ConnectAsync(ClusterProcess edge, CancellationToken cancellationToken)
    {
        var before = TcpTable.EstablishedTo(edge.Url.Port);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var clients = Enumerable.Range(0, NewClients).Select(i => new EventSourceClient().FollowAsync(
            new SubscribeRequest(cluster.Url, workload.Streams[i % workload.Streams.Count], PayloadKind.Json), end.Token)
            .GetAsyncEnumerator(end.Token)).ToList();
        try
        {
            foreach (var client in clients)
            {
                if (!await Phase.OfAsync("a new client sees events", FirstEventAsync(client)))
                {
                    throw new InvalidDataException("A new client saw no event of an active stream.");
                }
            }

            var reached = TcpTable.EstablishedTo(edge.Url.Port) - before;
            return reached > 0
                ? reached
                : throw new InvalidDataException($"None of {NewClients} new connections came to {edge.Name}, which is ready.");
        }
        finally
        {
            await end.CancelAsync();
            foreach (var client in clients)
            {
                await EndAsync(client);
            }
        }
    }

    private static async Task<bool> FirstEventAsync(IAsyncEnumerator<Sighting> client)
    {
        while (await client.MoveNextAsync())
        {
            if (client.Current is Sighting.Event)
            {
                return true;
            }
        }

        return false;
    }

    private static async Task EndAsync(IAsyncEnumerator<Sighting> client)
    {
        try
        {
            await client.DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }

    private TimeSpan[] LongestOf(Func<string, bool> isMeant) =>
        [.. workload.Stalls.Longest().Where(pair => isMeant(pair.Key)).Select(pair => pair.Value.Length).Order()];

    private static string Spread(TimeSpan[] sorted) => sorted.Length == 0
        ? "none"
        : string.Create(CultureInfo.InvariantCulture,
            $"median {sorted[sorted.Length / 2].TotalSeconds:0.000} s, most {sorted[^1].TotalSeconds:0.000} s");
}
