using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;

namespace EventCluster.Core.State;

/// <summary>
/// Numbers for new incarnations. A store that forgot commits may draw numbers once more that streams and clients have seen;
/// a number that is not above those seen before it was asked for is such a one, and is not used.
/// </summary>
internal sealed class IncarnationNumbers(ILogStore store)
{
    /// <summary>What other nodes may have drawn and this one has not seen.</summary>
    private const long Unseen = 1L << 20;

    private long _highest;

    /// <summary>Notes the incarnations of a stream.</summary>
    public void Note(IncarnationList incarnations) => Note(incarnations.Latest.Incarnation);

    /// <summary>Draws one; the commit that uses it raises the store's own count.</summary>
    public async ValueTask<long> DrawAsync(CancellationToken cancellationToken)
    {
        var seen = Interlocked.Read(ref _highest);
        var drawn = await store.DrawIncarnationAsync(cancellationToken);
        if (drawn <= seen)
        {
            // Added, so that of several draws at once no two get the same number.
            return Interlocked.Add(ref _highest, Unseen);
        }

        Note(drawn);
        return drawn;
    }

    private void Note(long seen)
    {
        var highest = Interlocked.Read(ref _highest);
        while (seen > highest)
        {
            var found = Interlocked.CompareExchange(ref _highest, seen, highest);
            if (found == highest)
            {
                return;
            }

            highest = found;
        }
    }
}
