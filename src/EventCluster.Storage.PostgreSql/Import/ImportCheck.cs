using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.Storage.PostgreSql.Sql;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Import;

/// <summary>
/// Finds out before a copy what cannot be in the store. Streams that share histories (a fork and its source, whatever became
/// of it) are one family, which is copied whole or not at all: a fork without its source would show holes, or the events of
/// whoever has the source's name.
/// </summary>
internal sealed class ImportCheck(
    NpgsqlDataSource target,
    Statements statements,
    ImportStatements importStatements,
    IReadOnlyList<StoredHead> heads,
    IReadOnlySet<StreamName> invalid)
{
    private readonly Dictionary<StreamName, int> _places = [];
    private readonly Dictionary<long, int> _holders = [];
    private readonly int[] _parents = new int[heads.Count];
    private readonly Status[] _states = new Status[heads.Count];
    private readonly Dictionary<int, ImportRefusal> _families = [];

    private enum Status
    {
        Absent,
        Copied,
        CopiedAndGone,
        Changed,
        NameTaken,
    }

    public async Task<IReadOnlyDictionary<StreamName, ImportRefusal>> RunAsync(CancellationToken cancellationToken)
    {
        var largest = 0L;
        for (var i = 0; i < heads.Count; i++)
        {
            _places.Add(heads[i].Name, i);
            _parents[i] = i;
            foreach (var start in heads[i].Incarnations)
            {
                largest = Math.Max(largest, start.Incarnation);
                if (!_holders.TryAdd(start.Incarnation, i))
                {
                    _parents[FamilyOf(i)] = FamilyOf(_holders[start.Incarnation]);
                }
            }
        }

        // Streams that are created from now on get numbers that no stream of the source has.
        await using (var raise = target.CreateCommand(statements.RaiseIncarnation))
        {
            raise.Parameters.Add(new NpgsqlParameter { Value = largest });
            await raise.ExecuteNonQueryAsync(cancellationToken);
        }

        await LookAsync(cancellationToken);
        return Refusals();
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await using var command = target.CreateCommand(importStatements.LookAtAll);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var name = StreamName.Parse(reader.GetString(0));
            var histories = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetFieldValue<long[]>(1);
            var isCopied = reader.GetBoolean(2);
            if (_places.TryGetValue(name, out var place))
            {
                var head = heads[place];
                _states[place] = !isCopied ? Status.NameTaken
                    : reader.GetInt64(3) != head.Version || reader.GetGuid(4) != Values.ToUuid(head.LastCommitId) ? Status.Changed
                    : histories is null ? Status.CopiedAndGone
                    : Status.Copied;
            }

            if (histories is not null && !(isCopied && _places.ContainsKey(name)))
            {
                NoteOther(name, histories);
            }
        }
    }

    /// <summary>A stream of the store that was not copied from there.</summary>
    private void NoteOther(StreamName name, long[] histories)
    {
        // Every history is two numbers: its own, and where it begins.
        for (var i = 0; i < histories.Length; i += 2)
        {
            if (_holders.TryGetValue(histories[i], out var holder))
            {
                _families.TryAdd(FamilyOf(holder), new ImportRefusal(ImportOutcome.HistoryTaken, name));
            }
        }
    }

    private Dictionary<StreamName, ImportRefusal> Refusals()
    {
        for (var i = 0; i < heads.Count; i++)
        {
            if (_states[i] is Status.NameTaken or Status.Changed or Status.CopiedAndGone || IsInvalid(i))
            {
                _families[FamilyOf(i)] = new ImportRefusal(ImportOutcome.RelativeRefused, heads[i].Name);
            }
        }

        Dictionary<StreamName, ImportRefusal> refusals = [];
        for (var i = 0; i < heads.Count; i++)
        {
            ImportRefusal? refusal = _states[i] switch
            {
                Status.NameTaken => new(ImportOutcome.NameTaken, heads[i].Name),
                Status.Changed => new(ImportOutcome.SourceChanged, heads[i].Name),
                Status.Absent when IsInvalid(i) => new(ImportOutcome.InvalidEvent, heads[i].Name),
                Status.Absent when _families.TryGetValue(FamilyOf(i), out var family) => family,
                _ => null,
            };
            if (refusal is { } found)
            {
                refusals.Add(heads[i].Name, found);
            }
        }

        return refusals;
    }

    private bool IsInvalid(int place) => _states[place] == Status.Absent && invalid.Contains(heads[place].Name);

    private int FamilyOf(int place)
    {
        while (_parents[place] != place)
        {
            place = _parents[place] = _parents[_parents[place]];
        }

        return place;
    }
}
