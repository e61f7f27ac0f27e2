using System.Text;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Sql;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>
/// Commits of different streams that share one transaction and one round trip. Each is applied only if its fence and
/// version match (CORRECTNESS rule 14); the others change nothing.
/// </summary>
internal sealed class CommitGroup(IReadOnlyList<PendingCommit> commits, Statements statements)
{
    private readonly List<Place> _creates = [];
    private readonly List<Place> _updates = [];
    private readonly List<Place> _removes = [];
    private readonly List<NpgsqlBatchCommand> _commands = [];
    private readonly List<GroupStep> _steps = [];

    /// <summary>The commits, in their places.</summary>
    public IReadOnlyList<PendingCommit> Commits { get; } = commits;

    /// <summary>True when one of them creates a stream.</summary>
    public bool Creates => Commits.Any(pending => pending.Commit.ExpectedVersion == 0);

    /// <summary>What the statements with rows answer, in their order.</summary>
    public IReadOnlyList<GroupStep> Steps => _steps;

    /// <summary>The statements, in their order.</summary>
    /// <param name="maxStreams">The limit to enforce on creations; null when it is far.</param>
    public IReadOnlyList<NpgsqlBatchCommand> Build(int? maxStreams)
    {
        Sort();
        if (maxStreams is not null && _creates.Count > 0)
        {
            Add(new NpgsqlBatchCommand(statements.TakeTurnToCreate), GroupStep.Nothing);
        }

        Add(new Columns(statements.Lock).Texts(Names(Commits)).Command, GroupStep.Heads);
        if (Creates)
        {
            var creating = Commits.Where(pending => pending.Commit.ExpectedVersion == 0);
            Add(new Columns(statements.LockFences).Texts(Names(creating)).Command, GroupStep.Fences);
        }

        if (_creates.Count > 0)
        {
            Add(Heads(statements.Create, _creates).Long(maxStreams).Command, GroupStep.Applied);
        }

        if (_updates.Count > 0)
        {
            Add(Updates(statements, _updates), GroupStep.Applied);
        }

        AddParts();
        if (_removes.Count > 0)
        {
            Add(Removes(statements, _removes), GroupStep.Applied);
        }

        return _commands;
    }

    /// <summary>The statements of a group that has everything a group can have, of no stream.</summary>
    public static IReadOnlyList<NpgsqlBatchCommand> Nothing(Statements statements) =>
    [
        new Columns(statements.Lock).Texts([]).Command,
        new Columns(statements.LockFences).Texts([]).Command,
        Heads(statements.Create, []).Long(null).Command,
        Updates(statements, []),
        Blocks(statements, []),
        RemovedProducers(statements, []),
        SetProducers(statements, []),
        new Columns(statements.RaiseIncarnation).Long(0).Command,
        Removes(statements, []),
    ];

    private static IEnumerable<string> Names(IEnumerable<PendingCommit> commits) =>
        commits.Select(pending => pending.Commit.Name.Value);

    private void Sort()
    {
        for (var i = 0; i < Commits.Count; i++)
        {
            var commit = Commits[i].Commit;
            if (!IsWellFormed(commit))
            {
                // It takes part only in the locking, which tells whether its owner is stale or wrong.
                continue;
            }

            (commit.ExpectedVersion == 0 ? _creates : commit.Remove ? _removes : _updates).Add(new Place(i, commit));
        }
    }

    /// <summary>False for a commit that contradicts itself, whatever the database holds.</summary>
    public static bool IsWellFormed(StreamCommit commit)
    {
        if (commit.ExpectedVersion == 0 && (commit.State is null || commit.Incarnations is null || commit.Remove))
        {
            return false;
        }

        return commit.Remove || commit.Block is not { } block
            || (block.EndSequence == commit.Head.Tail
                && (commit.Incarnations is not { } list || block.Incarnation == list.Latest.Incarnation));
    }

    private void Add(NpgsqlBatchCommand command, GroupStep step)
    {
        _commands.Add(command);
        _steps.Add(step);
    }

    private static Columns Heads(string sql, List<Place> places) => new Columns(sql)
        .Texts(places.Select(place => place.Name))
        .Longs(places.Select(place => place.Commit.Fence))
        .Uuids(places.Select(place => place.CommitId))
        .Longs(places.Select(place => place.Commit.Head.Tail))
        .Longs(places.Select(place => place.Commit.Head.Earliest))
        .Longs(places.Select(place => place.Commit.Head.RetainedBytes))
        .Longs(places.Select(place => place.Commit.Head.LastEventMilliseconds))
        .Longs(places.Select(place => place.Commit.Head.DueAtMilliseconds))
        .Bytes(places.Select(place => place.Commit.State is { } state ? Values.ToArray(state) : null))
        .Texts(places.Select(place => place.Commit.Incarnations is { } list ? Values.ToLiteral(list) : null))
        .Texts(places.Select(place => Values.ToLiteral(place.Commit.Purges, place.Commit.Head.Tail)))
        .Ints(places.Select(place => place.Number));

    private static NpgsqlBatchCommand Updates(Statements statements, List<Place> places) => Heads(statements.Update, places)
        .Longs(places.Select(place => place.Commit.ExpectedVersion))
        .Longs(places.Select(place => place.Commit.Block?.FirstSequence ?? place.Commit.Head.Tail))
        .NullableLongs(places.Select(place => place.Commit.Incarnations is null ? place.Commit.Block?.Incarnation : null))
        .Command;

    private static NpgsqlBatchCommand Removes(Statements statements, List<Place> places) => new Columns(statements.Remove)
        .Texts(places.Select(place => place.Name))
        .Longs(places.Select(place => place.Commit.Fence))
        .Longs(places.Select(place => place.Commit.ExpectedVersion))
        .Ints(places.Select(place => place.Number))
        .Command;

    private void AddParts()
    {
        var blocks = _creates.Concat(_updates).Where(place => place.Commit.Block is not null).ToList();
        if (blocks.Count > 0)
        {
            _commands.Add(Blocks(statements, blocks));
        }

        var removed = _updates.SelectMany(
            place => place.Commit.RemovedProducers
                .Except(place.Commit.Producers.Select(producer => producer.Id), StringComparer.Ordinal)
                .Select(id => (place, id))).ToList();
        if (removed.Count > 0)
        {
            _commands.Add(RemovedProducers(statements, removed));
        }

        var set = _creates.Concat(_updates).SelectMany(
            place => place.Commit.Producers.Select(producer => (place, producer))).ToList();
        if (set.Count > 0)
        {
            _commands.Add(SetProducers(statements, set));
        }

        var newest = _creates.Concat(_updates).Select(place => place.Commit.Incarnations?.Latest.Incarnation ?? 0)
            .DefaultIfEmpty()
            .Max();
        if (newest > 0)
        {
            _commands.Add(new Columns(statements.RaiseIncarnation).Long(newest).Command);
        }
    }

    private static NpgsqlBatchCommand RemovedProducers(Statements statements, List<(Place Place, string Id)> removed) =>
        Owners(statements.RemoveProducers, removed.ConvertAll(pair => pair.Place))
            .Bytes(removed.Select(pair => Encoding.UTF8.GetBytes(pair.Id)))
            .Command;

    private static NpgsqlBatchCommand SetProducers(Statements statements, List<(Place Place, ProducerEntry Producer)> set) =>
        Owners(statements.SetProducers, set.ConvertAll(pair => pair.Place))
            .Bytes(set.Select(pair => Encoding.UTF8.GetBytes(pair.Producer.Id)))
            .Longs(set.Select(pair => pair.Producer.Epoch))
            .Longs(set.Select(pair => pair.Producer.Sequence))
            .Longs(set.Select(pair => pair.Producer.LastUsedMilliseconds))
            .Command;

    private static NpgsqlBatchCommand Blocks(Statements statements, List<Place> places) => Owners(statements.InsertBlocks, places)
        .Longs(places.Select(place => place.Commit.Block!.Value.FirstSequence))
        .Longs(places.Select(place => place.Commit.Block!.Value.Incarnation))
        .Longs(places.Select(place => place.Commit.Block!.Value.EndSequence))
        .Ints(places.Select(place => place.Commit.Block!.Value.PayloadBytes))
        .Longs(places.Select(place => place.Commit.Block!.Value.LastTimeMilliseconds))
        .Ints(places.Select(place => Checksum.Compute(place.Commit.Block!.Value.Encoded.Span)))
        .Bytes(places.Select(place => Values.ToArray(place.Commit.Block!.Value.Encoded)))
        .Command;

    private static Columns Owners(string sql, List<Place> places) => new Columns(sql)
        .Texts(places.Select(place => place.Name))
        .Longs(places.Select(place => place.Commit.ExpectedVersion + 1))
        .Uuids(places.Select(place => place.CommitId));

    private readonly record struct Place(int Number, StreamCommit Commit)
    {
        public string Name => Commit.Name.Value;

        public Guid CommitId => Values.ToUuid(Commit.CommitId);
    }
}
