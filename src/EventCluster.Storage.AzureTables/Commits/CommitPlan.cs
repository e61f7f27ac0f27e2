using Azure;
using Azure.Data.Tables;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.AzureTables.Entities;
using EventCluster.Storage.AzureTables.Index;
using EventCluster.Storage.AzureTables.Keys;

namespace EventCluster.Storage.AzureTables.Commits;

/// <summary>A commit on the head that its owner saw: the head after it, and the transaction that gets there.</summary>
internal sealed class CommitPlan
{
    private readonly StreamCommit _commit;
    private readonly StreamRecord _before;
    private readonly bool _spills;

    public CommitPlan(StreamCommit commit, StreamRecord before)
    {
        (_commit, _before) = (commit, before);
        _spills = commit.State is { Length: > TableLimits.MaxPropertyBytes };
        After = commit.Remove ? AfterRemoval() : AfterCommit();
    }

    /// <summary>The head once this landed; its ETag comes with the answer.</summary>
    public StreamRecord After { get; }

    /// <summary>True for the first commit of a stream.</summary>
    public bool Creates => _commit.ExpectedVersion == 0;

    /// <summary>True when the due index needs an entry first.</summary>
    public bool MovesDue => After.Exists && After.Due == _before.Next && After.Head.DueAtMilliseconds != StreamHead.NeverDue;

    /// <summary>True when something is left to be swept.</summary>
    public bool LeavesGarbage => _commit.Remove || _commit.Purges.Count > 0;

    /// <summary>The largest incarnation that this commit uses anew, or 0.</summary>
    public long NewIncarnation => _commit.Remove ? 0 : _commit.Incarnations?.Latest.Incarnation ?? 0;

    /// <summary>Index entries that are dead once this landed.</summary>
    public IEnumerable<IndexEntry> Replaced(TimedIndex due)
    {
        if (_before.Exists && !After.Exists)
        {
            yield return CatalogueIndex.EntryOf(_before.Name, _before.Birth);
        }

        if (_before.Exists && _before.Head.DueAtMilliseconds != StreamHead.NeverDue && (!After.Exists || After.Due != _before.Due))
        {
            yield return due.EntryOf(_before.Name, _before.Head.DueAtMilliseconds, _before.Due);
        }
    }

    /// <summary>Says whether the owner can ever have meant this, on the version it builds on.</summary>
    public static bool IsWellFormed(StreamCommit commit, StreamRecord before)
    {
        if (commit.ExpectedVersion == 0 && (commit.State is null || commit.Incarnations is null || commit.Remove))
        {
            return false;
        }

        if (commit.Remove)
        {
            return true;
        }

        // A creation sets its tail freely: a fork begins at its fork point.
        var oldTail = commit.ExpectedVersion > 0 ? before.Head.Tail : commit.Block?.FirstSequence ?? commit.Head.Tail;
        var newest = (commit.Incarnations ?? before.Incarnations)!.Latest.Incarnation;
        return commit.Block is { } block
            ? block.FirstSequence == oldTail && block.EndSequence == commit.Head.Tail && block.Incarnation == newest
            : commit.Head.Tail == oldTail;
    }

    /// <summary>The transaction: the head with its condition first.</summary>
    /// <param name="removedRows">Rows of the producers to forget that are there: deleting others would fail it all.</param>
    public List<TableTransactionAction> Build(IEnumerable<string> removedRows)
    {
        var partition = NameKey.Encode(_commit.Name.Value);
        if (_commit.Remove)
        {
            return [new(TableTransactionActionType.UpdateReplace, HeadEntity.OfRemoved(After), _before.ETag)];
        }

        var head = HeadEntity.OfCommit(After, _commit.Incarnations is not null, _commit.Purges.Count > 0 || Creates);
        List<TableTransactionAction> actions = [new(TableTransactionActionType.UpdateMerge, head, _before.ETag)];
        AddState(actions, head, partition);
        if (_commit.Block is { } block)
        {
            actions.AddRange(BlockEntities.Split(partition, block).Select(Write));
        }

        actions.AddRange(_commit.Producers.Select(producer => Write(ProducerEntity.Of(partition, After.Birth, producer))));
        actions.AddRange(removedRows.Select(row => Delete(partition, row)));
        return actions;
    }

    // Replacing: a name that was purged may have left a row of the same key, and the head's condition is the fence.
    private static TableTransactionAction Write(TableEntity entity) => new(TableTransactionActionType.UpsertReplace, entity);

    private static TableTransactionAction Delete(string partition, string row) =>
        new(TableTransactionActionType.Delete, new TableEntity(partition, row), ETag.All);

    private void AddState(List<TableTransactionAction> actions, TableEntity head, string partition)
    {
        if (_commit.State is not { } state)
        {
            return;
        }

        if (_before.Exists && _before.SpilledBy.Step > 0)
        {
            actions.AddRange(Enumerable.Range(0, BlockEntities.PartsOf(_before.SpilledBytes))
                .Select(part => Delete(partition, RowKeys.OfState(_before.SpilledBy, part))));
        }

        if (!_spills)
        {
            HeadEntity.AddState(head, state);
            return;
        }

        HeadEntity.AddSpilledState(head, After.SpilledBy, state.Length);
        actions.AddRange(BlockEntities
            .Split(state, part => new TableEntity(partition, RowKeys.OfState(After.SpilledBy, part)))
            .Select(part => Write(part.Entity)));
    }

    private StreamRecord AfterRemoval() => new()
    {
        Name = _before.Name,
        ETag = _before.ETag,
        Fence = _before.Fence,
        Step = _before.Step + 1,
        Claim = _before.Claim,
        CommitId = _commit.CommitId,
    };

    private StreamRecord AfterCommit()
    {
        var movesDue = !_before.Exists || _commit.Head.DueAtMilliseconds != _before.Head.DueAtMilliseconds;
        var purged = _before.Exists ? _before.Purged : PurgedRanges.None;
        return _before with
        {
            Step = _before.Step + 1,
            Version = _commit.ExpectedVersion + 1,
            CommitId = _commit.CommitId,
            Head = _commit.Head,
            Incarnations = _commit.Incarnations ?? _before.Incarnations,
            Purged = _commit.Purges.Count > 0 ? purged.Add(_commit.Purges, _commit.Head.Tail) : purged,
            Birth = _before.Exists ? _before.Birth : _before.Next,
            Due = movesDue ? _before.Next : _before.Due,
            State = default,
            SpilledBy = _commit.State is null ? _before.SpilledBy : _spills ? _before.Next : default,
            SpilledBytes = _commit.State is null ? _before.SpilledBytes : _spills ? _commit.State.Value.Length : 0,
        };
    }
}
