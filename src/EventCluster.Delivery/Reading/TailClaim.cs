using EventCluster.Abstractions.Streams;

namespace EventCluster.Delivery.Reading;

/// <summary>Puts what was read from memory here beside what the owner says now (CORRECTNESS rule 27).</summary>
internal static class TailClaim
{
    /// <summary>
    /// The batch at the instant that the owner confirmed; without its claim when the owner cannot confirm one and there are
    /// events; "not now" when there are none. Null when the owner's instant does not hold the batch: it must be read again.
    /// </summary>
    /// <param name="batch">Events, or none, up to a position that is the tail as far as is known here.</param>
    /// <param name="asked">What the owner says, asked after the request came.</param>
    public static async ValueTask<ReadOutcome?> ConfirmAsync(ReadOutcome.Batch batch, ValueTask<DescribeOutcome> asked)
    {
        switch (await asked)
        {
            case DescribeOutcome.Found { Descriptor: var confirmed }:
                return confirmed.Incarnations.Latest == batch.Descriptor.Incarnations.Latest
                    && confirmed.Tail.Sequence >= batch.Next.Sequence
                    && confirmed.Earliest.Sequence <= batch.From.Sequence
                        ? batch with { Descriptor = confirmed }
                        : null;
            case DescribeOutcome.Unavailable now:
                return batch.Slices.Count > 0
                    ? batch with { ClaimWithheld = true }
                    : new ReadOutcome.Unavailable(now.Reason, now.Detail);
            default:
                return null;
        }
    }
}
