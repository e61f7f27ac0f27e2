using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Blocks;
using EventCluster.Core.State;
using EventCluster.Protocol;

namespace EventCluster.Core;

/// <summary>What can be said of stored events without an owner: where they lie, and whether they keep the rules for those that come in.</summary>
public static class StoredEvents
{
    private const int BlocksPerPage = 1_000;
    private const int BytesPerRead = 4 * 1024 * 1024;

    /// <summary>Why a stream could not be created as it is stored; null when it could.</summary>
    /// <param name="head">The stream as the store lists it.</param>
    public static Refusal? FindInvalidType(StoredHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        return RequestRules.CheckType(StreamStateCodec.Decode(head.State).ContentType);
    }

    /// <summary>
    /// Where a stream's readers find its events, in order from its earliest position to its tail; inherited ones at the
    /// ancestors that store them.
    /// </summary>
    /// <param name="head">The stream as the store lists it.</param>
    /// <exception cref="LogDamagedException">The state is not one that this build reads.</exception>
    public static IReadOnlyList<BlockRange> PlacesOf(StoredHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        var view = StreamView.Of(head);
        List<BlockRange> places = [];
        for (var next = head.Head.Earliest; next < head.Head.Tail;)
        {
            (var range, next) = BlockReader.RangeAt(view, next);
            places.Add(range);
        }

        return places;
    }

    /// <summary>What a fork has its source keep; null for another stream, and once the fork gave it up.</summary>
    /// <param name="head">The stream as the store lists it.</param>
    /// <returns>The source, the identity of the reservation among the source's entries, and the sequence of the fork point.</returns>
    /// <exception cref="LogDamagedException">The state is not one that this build reads.</exception>
    public static (StreamName Source, string Id, long Point)? ClaimOf(StoredHead head)
    {
        ArgumentNullException.ThrowIfNull(head);
        return StreamStateCodec.Decode(head.State) is { Lifecycle: not Lifecycle.Releasing, Origin: { HoldsSource: true } origin }
            ? (origin.Source, ForkReservations.IdOf(head.Name, origin.Incarnation), origin.Point)
            : null;
    }

    /// <summary>Whether a state has a reservation of this identity; most are entries beside the producers.</summary>
    /// <exception cref="LogDamagedException">The state is not one that this build reads.</exception>
    public static bool HasReservation(ReadOnlyMemory<byte> state, string id) =>
        StreamStateCodec.Decode(state).Holds.Any(hold => ForkReservations.IdOf(hold.Fork, hold.Incarnation) == id);

    /// <summary>A state after a salvage.</summary>
    /// <param name="state">As it was found.</param>
    /// <param name="lost">Positions that are served no longer, though nobody dropped them.</param>
    /// <param name="hasReservations">Reservations of forks stand beside the producers now.</param>
    /// <exception cref="LogDamagedException">The state is not one that this build reads.</exception>
    public static ReadOnlyMemory<byte> Salvaged(ReadOnlyMemory<byte> state, SequenceRange lost, bool hasReservations)
    {
        var found = StreamStateCodec.Decode(state);
        return StreamStateCodec.Encode(found with
        {
            // A second salvage adds to the first: what lies between was served and is lost with it.
            Lost = lost.To <= lost.From ? found.Lost
                : found.Lost.To > found.Lost.From ? new SequenceRange(found.Lost.From, lost.To) : lost,
            KeepsForksApart = found.KeepsForksApart || hasReservations,
        });
    }

    /// <summary>Finds the first event of a stream that could not have come in; null when there is none.</summary>
    /// <param name="store">The store.</param>
    /// <param name="head">The stream as the store lists it.</param>
    /// <param name="cancellationToken">Breaks off.</param>
    /// <returns>Its sequence, from 0, and why.</returns>
    public static async Task<(long Sequence, Refusal Why)?> FindInvalidAsync(
        ILogStore store, StoredHead head, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(head);
        var kind = StreamStateCodec.Decode(head.State).ContentType.Kind;
        long from = 0;
        while (true)
        {
            var page = await store.ListBlocksAsync(head.Name, from, BlocksPerPage, cancellationToken);
            for (var i = 0; i < page.Count;)
            {
                var range = new BlockRange(head.Name, page[i].Incarnation, page[i].FirstSequence, long.MaxValue);
                var blocks = await store.ReadAsync(range, BytesPerRead, cancellationToken);
                if (blocks.Count == 0)
                {
                    throw new LogDamagedException(
                        $"Stream '{head.Name}' lists a block at sequence {page[i].FirstSequence} and does not give it.");
                }

                foreach (var block in blocks.Take(page.Count - i))
                {
                    if (FindInvalid(block, kind) is { } found)
                    {
                        return found;
                    }

                    i++;
                }
            }

            if (page.Count < BlocksPerPage)
            {
                return null;
            }

            from = page[^1].EndSequence;
        }
    }

    private static (long Sequence, Refusal Why)? FindInvalid(EventBlock block, PayloadKind kind)
    {
        for (var i = 0; i < block.Count; i++)
        {
            if (EventPayload.Check(block.GetPayload(i).Span, kind) is { } why)
            {
                return (block.FirstSequence + i, why);
            }
        }

        return null;
    }
}
