using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Index;

namespace EventCluster.Storage.AzureTables.Numbers;

/// <summary>
/// About how many streams there are: the catalogue's names at the last count, and what this node created and removed since.
/// Counting a million names takes a thousand requests, so it is done now and then; what other nodes create in between is
/// not known here.
/// </summary>
internal sealed class StreamCounter(AzureTablesOptions options, CatalogueIndex catalogue)
{
    private long _known;

    /// <summary>True when one more would be too many.</summary>
    public bool IsFull => Interlocked.Read(ref _known) >= options.MaxStreams;

    /// <summary>A stream was created or removed here.</summary>
    public void Add(int streams) => Interlocked.Add(ref _known, streams);

    /// <summary>Counts the names.</summary>
    /// <param name="most">Stops behind so many; what was counted then is what is known.</param>
    /// <param name="cancellationToken">Abandons it.</param>
    /// <returns>False when it stopped before the end.</returns>
    public async Task<bool> CountAsync(int most, CancellationToken cancellationToken)
    {
        var before = Interlocked.Read(ref _known);
        long count = 0;
        StreamName? last = null;
        var isWhole = false;
        while (!isWhole && count < most)
        {
            var page = await catalogue.ListAsync("", last, TableLimits.MaxPageEntities, cancellationToken);
            count += page.DistinctBy(entry => entry.Partition).Count();
            isWhole = page.Count < TableLimits.MaxPageEntities;
            last = isWhole ? last : page[^1].Name;
        }

        // What was created or removed here meanwhile may have been counted or not: at worst it counts twice until the next.
        Interlocked.Add(ref _known, count - before);
        return isWhole;
    }
}
