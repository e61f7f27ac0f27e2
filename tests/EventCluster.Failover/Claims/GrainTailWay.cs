using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Client;
using EventCluster.Protocol;
using EventCluster.TestKit.Claims;

namespace EventCluster.Failover.Claims;

/// <summary>A client of the cluster: its describe, its read at the tail, its read that waits there.</summary>
internal sealed class GrainTailWay(EventClusterClient client, GrainTailVerb asks) : TailWay("grain client", asks switch
{
    GrainTailVerb.Describe => "describe",
    GrainTailVerb.Read => "read at the tail",
    _ => "read that waits",
})
{
    private const int MaxBytes = 64 * 1024;
    private const int MaxEvents = 100;

    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    /// <summary>Timers of two processes differ.</summary>
    private static readonly TimeSpan WaitAtLeast = Wait - TimeSpan.FromMilliseconds(50);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TailWay> Every(EventClusterClient client) =>
        [.. Enum.GetValues<GrainTailVerb>().Select(verb => new GrainTailWay(client, verb))];

    /// <inheritdoc />
    public override async Task<TailAnswer> AskAsync(string stream, StreamOffset known, CancellationToken cancellationToken)
    {
        var handle = client.GetStream(stream).Handle;
        return asks == GrainTailVerb.Describe
            ? new TailAnswer(await handle.DescribeAsync(cancellationToken) switch
            {
                DescribeOutcome.Found found => Claim.Tail(found.Descriptor.Tail, found.Descriptor.Closed),
                DescribeOutcome.Unavailable => Claim.None,
                _ => Claim.Missing,
            })
            : Of(await handle.ReadAsync(
                new ReadRequest(known, MaxBytes, MaxEvents, asks == GrainTailVerb.Wait ? Wait : TimeSpan.Zero, Touch: true), cancellationToken));
    }

    private TailAnswer Of(ReadOutcome outcome) => outcome switch
    {
        ReadOutcome.Batch { UpToDate: true } batch => new TailAnswer(
            Claim.Tail(batch.Next, batch.Descriptor.Closed),
            asks == GrainTailVerb.Wait && batch.Slices.Count == 0 && !batch.Descriptor.Closed ? WaitAtLeast : default),
        ReadOutcome.Batch batch => new TailAnswer(Claim.Reached(batch.Next)),
        ReadOutcome.Gap or ReadOutcome.Unavailable => TailAnswer.None,
        _ => new TailAnswer(Claim.Missing),
    };
}
