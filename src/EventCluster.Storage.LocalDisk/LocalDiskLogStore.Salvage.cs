using EventCluster.Abstractions.Store;
using EventCluster.Storage.LocalDisk.Format;
using EventCluster.Storage.LocalDisk.Journal;
using EventCluster.Storage.LocalDisk.Salvage;

namespace EventCluster.Storage.LocalDisk;

/// <content>The receiving end of a salvage, which may leave holes that no owner could make.</content>
public sealed partial class LocalDiskLogStore
{
    private const int ImportsInFlight = 256;

    internal void SkipIncarnationsOf(long largest, DateTimeOffset now)
    {
        lock (_gate)
        {
            _index.Remember(largest);
        }

        SkipLostIncarnations(IncarnationsLostByRestore, now);
    }

    /// <summary>Writes a stream as it was found, block by block.</summary>
    internal async Task ImportAsync(SalvagedStream stream, DamagedStore source, IReadOnlyList<BlockRef> blocks)
    {
        var found = stream.Found;
        var (number, fence) = DrawNumber();
        CommitChange Change(long version) => new()
        {
            Number = number,
            Name = version == 1 ? found.Name : null,
            Fence = fence,
            Version = version,
            CommitId = found.LastCommitId,
            Head = stream.Head,
            Incarnations = version == 1 ? stream.Histories : null,
            State = version == 1 ? stream.State : (ReadOnlyMemory<byte>?)null,
        };

        await ImportAsync([new PendingCommit(found.Name, Change(1), default, _inFlight)]);
        var version = 1L;
        foreach (var producers in stream.Producers.Chunk(MaxCommitProducers))
        {
            var change = Change(++version);
            change.Producers = producers;
            await ImportAsync([new PendingCommit(found.Name, change, default, _inFlight)]);
        }

        foreach (var chunk in blocks.Chunk(ImportsInFlight))
        {
            var pending = new List<PendingCommit>(chunk.Length);
            foreach (var block in chunk)
            {
                var bytes = await source.TryReadBlockAsync(found, block)
                    ?? throw new IOException($"Stream '{found.Name.Value}' became unreadable while it was copied.");
                var change = Change(++version);
                change.Block = new PlacedBlock(BlockRef.Of(bytes, JournalPosition.None), bytes.Incarnation);
                pending.Add(new PendingCommit(found.Name, change, bytes.Encoded, _inFlight));
            }

            await ImportAsync(pending);
        }
    }

    private (long Number, long Fence) DrawNumber()
    {
        lock (_gate)
        {
            return (_index.NextNumber++, _fences.Next());
        }
    }

    private async Task ImportAsync(IReadOnlyList<PendingCommit> commits)
    {
        lock (_gate)
        {
            _creating += commits.Count(commit => commit.Creates);
        }

        foreach (var commit in commits)
        {
            _writer.Enqueue(commit);
        }

        foreach (var commit in commits)
        {
            if (await commit.Task is var status && status != CommitStatus.Committed)
            {
                throw new IOException($"The new store did not take a block: {status}.");
            }
        }
    }
}
