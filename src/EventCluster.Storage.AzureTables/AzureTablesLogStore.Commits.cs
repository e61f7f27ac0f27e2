using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Commits;
using EventCluster.Storage.AzureTables.Entities;
using EventCluster.Storage.AzureTables.Keys;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables;

/// <content>The way of a commit.</content>
public sealed partial class AzureTablesLogStore
{
    private async Task<CommitStatus> RunCommitAsync(StreamCommit commit)
    {
        try
        {
            return await CommitOnNewestAsync(commit);
        }
        catch (Exception e) when (e is not ArgumentException)
        {
            // Sent or not, landed or not: the owner finds out by opening again, and then this node reads the head anew.
            _records.Forget(commit.Name);
            _instruments.OutcomeUnknown();
            throw;
        }
        finally
        {
            _inFlight.End();
        }
    }

    private async Task<CommitStatus> CommitOnNewestAsync(StreamCommit commit)
    {
        var record = _records.Find(commit.Name);
        var sends = 0;
        try
        {
            if (record?.Fence != commit.Fence || record.Version != commit.ExpectedVersion)
            {
                record = await FindRecordAsync(commit.Name, CancellationToken.None);
            }

            return await LandAsync(commit, record, () => sends++);
        }
        catch (StoreUnreachableException e) when (sends == 0 || (sends == 1 && Outage.IsNothingWritten(e.InnerException)))
        {
            // Only its preparations were sent, or the service says that it did not do it.
            _records.Forget(commit.Name);
            return CommitStatus.Unreachable;
        }
    }

    private async Task<CommitStatus> LandAsync(StreamCommit commit, StreamRecord? record, Action sent)
    {
        while (record is not null && record.Fence == commit.Fence && record.Version == commit.ExpectedVersion)
        {
            if (!CommitPlan.IsWellFormed(commit, record))
            {
                throw new ArgumentException(
                    "A block continues at the old tail in the newest history, the new tail is its end, and a creating commit "
                    + "carries state and incarnations and removes nothing.",
                    commit.Name.Value);
            }

            var plan = new CommitPlan(commit, record);
            if (plan.Creates && _counter.IsFull)
            {
                return CommitStatus.TooManyStreams;
            }

            if (await TryLandAsync(plan, commit, sent))
            {
                return CommitStatus.Committed;
            }

            // From here on it may have landed, by a copy that the transport made.
            sent();
            var seen = await FindRecordAsync(commit.Name, CancellationToken.None);
            if (seen is not null && IsLanded(plan.After, seen))
            {
                // A copy of the request that a proxy or the transport made got there first.
                Landed(plan, seen);
                return CommitStatus.Committed;
            }

            if (seen?.Claim != record.Claim)
            {
                return CommitStatus.Conflict;
            }

            // Only the ETag had moved: housekeeping, or an older answer of this node's own.
            record = seen;
        }

        return CommitStatus.Conflict;
    }

    private async Task<bool> TryLandAsync(CommitPlan plan, StreamCommit commit, Action sent)
    {
        var begun = _instruments.Begin();
        await PrepareAsync(plan);
        var removed = await FindProducerRowsAsync(plan.After, commit);
        sent();
        if (await _tables.Commits.TrySubmitAsync(plan.Build(removed), CancellationToken.None) is not { } etag)
        {
            return false;
        }

        _condition.Succeeded();
        Landed(plan, plan.After with { ETag = etag });
        _instruments.Committed(begun, BytesOf(commit));
        return true;
    }

    /// <summary>
    /// What must be there before the commit is: entries of the indexes, which are good for nothing if it does not land, and a
    /// counter above its incarnation.
    /// </summary>
    private async Task PrepareAsync(CommitPlan plan)
    {
        var (name, stamp) = (plan.After.Name, new Stamp(plan.After.Fence, plan.After.Step));
        List<Task> steps = [_incarnations.RaiseAsync(plan.NewIncarnation)];
        if (plan.Creates)
        {
            steps.Add(_catalogue.AddAsync(name, stamp, CancellationToken.None));
        }

        if (plan.MovesDue)
        {
            steps.Add(_due.AddAsync(name, plan.After.Head.DueAtMilliseconds, stamp, CancellationToken.None));
        }

        if (plan.LeavesGarbage && _notes.IsNewNoteNeeded(name, Now, out var at))
        {
            steps.Add(NoteAsync());
        }

        await Task.WhenAll(steps);

        async Task NoteAsync()
        {
            await _sweep.AddAsync(name, at, stamp, CancellationToken.None);
            _notes.Noted(name, at);
        }
    }

    /// <summary>Rows of the producers to forget that are there. The owner is the only one who could change that.</summary>
    private async Task<IReadOnlyList<string>> FindProducerRowsAsync(StreamRecord after, StreamCommit commit)
    {
        if (commit.RemovedProducers.Count == 0 || commit.Remove)
        {
            return [];
        }

        var partition = NameKey.Encode(commit.Name.Value);
        var rows = commit.RemovedProducers
            .Except(commit.Producers.Select(producer => producer.Id), StringComparer.Ordinal)
            .Select(id => RowKeys.OfProducer(after.Birth, id));
        var found = await Task.WhenAll(rows.Select(
            async row => await _tables.Streams.FindAsync(partition, row, ["RowKey"], CancellationToken.None) is null ? null : row));
        return [.. found.OfType<string>()];
    }

    private static bool IsLanded(StreamRecord after, StreamRecord seen) =>
        (seen.Fence, seen.Step, seen.Version, seen.CommitId) == (after.Fence, after.Step, after.Version, after.CommitId);

    private void Landed(CommitPlan plan, StreamRecord record)
    {
        _records.Keep(record);
        if (plan.Creates)
        {
            _counter.Add(1);
        }
        else if (!record.Exists)
        {
            _counter.Add(-1);
        }

        foreach (var entry in plan.Replaced(_due))
        {
            _leftovers.Add(entry);
        }
    }
}
