using EventCluster.Abstractions.Streams;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// Finds where appends lie that landed while their answers were lost: an owner remembers that it has them, not where. Reads back from
/// the tail, which happens after an owner's end only, and compares.
/// </summary>
internal sealed class LandedAppends(StreamName name, OwnerReach reach, IStreamGrain grain)
{
    /// <summary>Events before the tail that are looked at, beside those of the appends themselves.</summary>
    public const int MaxForeignEvents = 1_024;

    private const int MaxReads = 8;
    private const int MaxReadBytes = 1024 * 1024;

    /// <summary>Notes at each append where it begins, as far as that is beyond doubt.</summary>
    /// <param name="appends">Appends of one call that landed, in order, each with events.</param>
    /// <param name="tail">A tail behind them.</param>
    public async Task LocateAsync(IReadOnlyList<PendingAppend> appends, StreamOffset tail)
    {
        var wanted = appends.Sum(static append => append.Request.Events.Count);
        var from = Math.Max(0, tail.Sequence - wanted - MaxForeignEvents);
        var (first, events) = await ReadAsync(new StreamOffset(tail.Incarnation, from), tail);

        // What goes in one call usually lies together, which also tells apart what is equal.
        if (PlaceOf([.. appends.SelectMany(static append => append.Request.Events)], events) is { } together)
        {
            foreach (var append in appends)
            {
                append.Place = new StreamOffset(tail.Incarnation, first + together);
                together += append.Request.Events.Count;
            }

            return;
        }

        foreach (var append in appends)
        {
            append.Place = PlaceOf(append.Request.Events, events) is { } place ? new StreamOffset(tail.Incarnation, first + place) : null;
        }
    }

    /// <summary>Where events stand in others; null when nowhere, or in more than one place.</summary>
    private static int? PlaceOf(IReadOnlyList<ReadOnlyMemory<byte>> wanted, List<ReadOnlyMemory<byte>> events)
    {
        int? found = null;
        for (var start = 0; start + wanted.Count <= events.Count; start++)
        {
            var equal = 0;
            while (equal < wanted.Count && events[start + equal].Span.SequenceEqual(wanted[equal].Span))
            {
                equal++;
            }

            if (equal == wanted.Count)
            {
                if (found is not null)
                {
                    return null;
                }

                found = start;
            }
        }

        return found;
    }

    /// <summary>The events up to a tail, and the sequence before the first of them; none when they cannot be read now.</summary>
    private async Task<(long First, List<ReadOnlyMemory<byte>> Events)> ReadAsync(StreamOffset from, StreamOffset tail)
    {
        List<ReadOnlyMemory<byte>> events = [];
        var first = from.Sequence;
        for (var reads = 0; reads < MaxReads && from.Sequence < tail.Sequence; reads++)
        {
            var request = new Wire<ReadRequest>(new ReadRequest(
                from, Math.Min(MaxReadBytes, reach.Options.MaxReadBytes), int.MaxValue, TimeSpan.Zero, Touch: false));
            var (reply, failure) = await reach.Calls.TryAsync(
                name.Value,
                async ending => (await grain.ReadAsync(request, ending)).Value,
                static _ => null,
                static (reason, detail) => new ReadReply(new ReadOutcome.Unavailable(reason, detail), WaitEnded: true),
                new Attempt(reach.Options.AppendAttemptTimeout, 1, EndsEarly: false),
                CancellationToken.None);
            switch (reply.Outcome)
            {
                case ReadOutcome.Batch batch when failure is null && batch.From == from && batch.Next.Sequence > from.Sequence:
                    foreach (var slice in batch.Slices)
                    {
                        for (var i = slice.Start; i < slice.End; i++)
                        {
                            events.Add(slice.Block.GetPayload(i));
                        }
                    }

                    from = batch.Next;
                    break;
                case ReadOutcome.Gap { Resume: var resume } when events.Count == 0 && resume.Sequence > from.Sequence:
                    // Trimmed meanwhile.
                    (from, first) = (resume, resume.Sequence);
                    break;
                default:
                    return (first, []);
            }
        }

        return from.Sequence < tail.Sequence ? (first, []) : (first, events);
    }
}
