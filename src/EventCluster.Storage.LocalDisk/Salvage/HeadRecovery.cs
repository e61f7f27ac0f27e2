using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Index;

namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>The heads that the readable blocks can serve, and the losses that lead to them.</summary>
internal sealed class HeadRecovery(
    ReadableBlocks readable, Func<StoredHead, IReadOnlyList<BlockRange>> placesOf, List<SalvageLoss> losses)
{
    /// <summary>Moves the tail before what is lost at the end of the stream's own events, and the earliest position behind the last hole.</summary>
    public StreamHead Recover(StreamEntry entry)
    {
        var head = entry.Head;
        var places = PlacesOf(entry);
        var lost = new List<SequenceRange>();
        foreach (var sameStream in places.GroupBy(place => place.Stream))
        {
            // Places of one stream follow each other, and so do those of its ancestors.
            var missing = SequenceRanges.Merge(sameStream.SelectMany(readable.MissingIn), []);
            var what = sameStream.Key == entry.Name ? "unreadable" : $"inherited from '{sameStream.Key.Value}', where it is unreadable";
            losses.AddRange(missing.Select(range => new SalvageLoss(entry.Name.Value, range.From, range.To, what)));
            lost.AddRange(missing);
        }

        var merged = SequenceRanges.Merge(lost, []);
        if (merged.Count == 0)
        {
            return head;
        }

        // Inherited events end at the fork point for ever: a tail never moves before it.
        var own = places.FirstOrDefault(place => place.Stream == entry.Name);
        var isCut = own.To > 0 && merged[^1].To == head.Tail && merged[^1].From >= own.From && merged[^1].From > head.Earliest;
        var tail = isCut ? merged[^1].From : head.Tail;
        var holes = isCut ? merged[..^1] : merged;
        var earliest = holes.Count > 0 ? holes[^1].To : head.Earliest;
        AddUnserved(entry, holes);
        var retained = readable.Of(entry.Name).Where(block => block.Ref.EndSequence > earliest).Sum(block => (long)block.Ref.PayloadBytes);
        return head with { Tail = tail, Earliest = earliest, RetainedBytes = retained };
    }

    private IReadOnlyList<BlockRange> PlacesOf(StreamEntry entry)
    {
        try
        {
            return placesOf(entry.ToHead());
        }
        catch (LogDamagedException e)
        {
            losses.Add(new SalvageLoss(entry.Name.Value, 0, 0, e.Message));
            return [];
        }
    }

    /// <summary>A history has no holes: what lies before the last one is copied for forks, but readers no longer get it.</summary>
    private void AddUnserved(StreamEntry entry, List<SequenceRange> holes)
    {
        var from = entry.Head.Earliest;
        foreach (var hole in holes)
        {
            if (hole.From > from)
            {
                losses.Add(new SalvageLoss(entry.Name.Value, from, hole.From, "copied, but not served: it lies before lost events") { IsCopied = true });
            }

            from = hole.To;
        }
    }
}
