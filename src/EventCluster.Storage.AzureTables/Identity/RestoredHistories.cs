using Azure;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.AzureTables.Numbers;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Identity;

/// <summary>
/// After a restore, positions beyond the recovered tails may be in clients' hands: every stream begins a new history at its
/// tail, under numbers that no lost commit can have drawn. Streams are taken one by one; the identity, which other nodes wait
/// for, comes last.
/// </summary>
internal sealed class RestoredHistories(ILogStore store, TableSet tables, IncarnationCounter incarnations)
{
    private const long NumbersLostByRestore = 1L << 24;
    private const int StreamsPerPage = 500;
    private const int StreamsAtOnce = 16;

    /// <summary>Opens them and ends every owner from before. One that broke off is done again from the start.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await incarnations.SkipAsync(NumbersLostByRestore);
        StreamName? last = null;
        while (true)
        {
            var page = await store.ListAsync("", last, StreamsPerPage, cancellationToken);
            var options = new ParallelOptions { MaxDegreeOfParallelism = StreamsAtOnce, CancellationToken = cancellationToken };
            await Parallel.ForEachAsync(page, options, async (head, cancelled) => await OpenAsync(head.Name, cancelled));
            if (page.Count < StreamsPerPage)
            {
                break;
            }

            last = page[^1].Name;
        }

        foreach (var row in await tables.Members.QueryAllAsync(cancellationToken))
        {
            await tables.Members.TryDeleteAsync(row.PartitionKey, row.RowKey, ETag.All, cancellationToken);
        }
    }

    private async Task OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        CommitStatus? status = null;
        while (status != CommitStatus.Committed)
        {
            if (await store.OpenAsync(name, cancellationToken) is not { Head: { } head } opened)
            {
                return;
            }

            var drawn = await store.DrawIncarnationAsync(cancellationToken);
            status = await store.CommitAsync(
                new StreamCommit
                {
                    Name = name,
                    Fence = opened.Fence,
                    ExpectedVersion = head.Version,
                    CommitId = new UInt128((ulong)drawn, (ulong)opened.Fence),
                    Head = head.Head,
                    Incarnations = head.Incarnations.Add(drawn, head.Head.Tail),
                },
                cancellationToken);
        }
    }
}
