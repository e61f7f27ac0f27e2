using EventCluster.Storage.PostgreSql.Sessions;

namespace EventCluster.Storage.PostgreSql.Sql;

/// <summary>
/// Every statement that serves streams, with the schema's name in place. Names are compared in the column's collation,
/// which is "C": byte order. Statements of one batch run in one transaction under READ COMMITTED, so each sees what was
/// committed before it began, and rows once locked stay as they are until the end.
/// </summary>
internal sealed class Statements(string schema)
{
    private const string HeadColumns =
        "name, fence, version, commit_id, tail, earliest, retained_bytes, last_event_ms, due_at_ms, incarnations, state";

    /// <summary>
    /// Raises the fences of streams: a row's lock makes fence and head one atomic step. Rows are locked in the order of
    /// their names, as commits lock them, so that no two transactions wait for each other.
    /// </summary>
    public string Open { get; } = $"""
        WITH wanted AS MATERIALIZED (SELECT id AS wanted_id FROM {schema}.streams WHERE name = ANY($1) ORDER BY name FOR UPDATE)
        UPDATE {schema}.streams SET fence = nextval('{schema}.fence_numbers') FROM wanted WHERE id = wanted_id
        RETURNING {HeadColumns}, timeline <> {Timeline.Current}
        """;

    /// <summary>$1 milliseconds, 0 for no limit; for the rest of the transaction.</summary>
    public string LimitLockWait { get; } = "SELECT set_config('lock_timeout', $1::bigint::text, true)";

    public string Producers { get; } = $"""
        SELECT s.name, p.id, p.epoch, p.sequence, p.last_used_ms
        FROM {schema}.producers p JOIN {schema}.streams s ON s.id = p.stream_id WHERE s.name = ANY($1)
        """;

    /// <summary>
    /// The fence of a name without a stream needs no flush: losing it with the server costs its owner a conflict, never an order.
    /// </summary>
    public string DoNotFlush { get; } = "SELECT set_config('synchronous_commit', 'off', true)";

    /// <summary>In the conflict the number is drawn under the row's lock, so it never falls.</summary>
    public string OpenAbsent { get; } = $"""
        INSERT INTO {schema}.fences AS f (name, fence) VALUES ($1, nextval('{schema}.fence_numbers'))
        ON CONFLICT (name) DO UPDATE SET fence = nextval('{schema}.fence_numbers') RETURNING fence
        """;

    /// <summary>After <see cref="OpenAbsent"/>: a stream that was created in between, whose fence row must go again.</summary>
    public string ForgetFenceOfStream { get; } = $"""
        DELETE FROM {schema}.fences WHERE name = $1 AND EXISTS (SELECT FROM {schema}.streams WHERE name = $1)
        RETURNING name
        """;

    public string Head { get; } = $"SELECT {HeadColumns} FROM {schema}.streams WHERE name = $1";

    /// <summary>A row without a name says that the server is in recovery: its rows prove nothing about the primary's.</summary>
    public string Stamps { get; } = $"""
        SELECT name, fence, version FROM {schema}.streams WHERE name = ANY($1)
        UNION ALL SELECT NULL, 0, 0 WHERE pg_is_in_recovery()
        """;

    /// <summary>$1 lower bound, $2 whether it is included, $3 upper bound, $4 limit.</summary>
    public string List { get; } = $"""
        SELECT {HeadColumns} FROM {schema}.streams
        WHERE (name > $1 OR ($2 AND name = $1)) AND name >= $1 AND name < $3 ORDER BY name LIMIT $4
        """;

    public string ListDue { get; } = $"""
        SELECT name FROM {schema}.streams
        WHERE due_at_ms <= $1 AND due_at_ms < {long.MaxValue} ORDER BY due_at_ms, name LIMIT $2
        """;

    /// <summary>$1 name, $2 incarnation, $3 from, $4 to, $5 bytes left, $6 true when one block is owed anyway, $7 rows.</summary>
    public string Read { get; } = $"""
        SELECT first_sequence, checksum, encoded FROM (
          SELECT b.first_sequence, b.checksum, b.encoded,
            sum(b.bytes) OVER (ORDER BY b.first_sequence) AS running, row_number() OVER (ORDER BY b.first_sequence) AS place
          FROM (
            SELECT b.* FROM {schema}.streams s JOIN {schema}.blocks b ON b.stream_id = s.id
            WHERE s.name = $1 AND b.incarnation = $2 AND b.first_sequence < $4
              AND b.first_sequence >= (
                SELECT h.first_sequence FROM {schema}.blocks h
                WHERE h.stream_id = s.id AND h.first_sequence <= $3 ORDER BY h.first_sequence DESC LIMIT 1)
              AND b.end_sequence > $3 AND NOT int8range(b.first_sequence, b.end_sequence) <@ s.purged
            ORDER BY b.first_sequence LIMIT $7) b) b
        WHERE running <= $5 OR ($6 AND place = 1) ORDER BY first_sequence
        """;

    /// <summary>$1 name, $2 from, $3 limit.</summary>
    public string ListBlocks { get; } = $"""
        SELECT b.incarnation, b.first_sequence, b.end_sequence, b.payload_bytes, b.last_event_ms
        FROM {schema}.streams s JOIN {schema}.blocks b ON b.stream_id = s.id
        WHERE s.name = $1 AND b.end_sequence > $2
          AND b.first_sequence >= coalesce((
            SELECT h.first_sequence FROM {schema}.blocks h
            WHERE h.stream_id = s.id AND h.first_sequence <= $2 ORDER BY h.first_sequence DESC LIMIT 1), 0)
          AND NOT int8range(b.first_sequence, b.end_sequence) <@ s.purged
        ORDER BY b.first_sequence LIMIT $3
        """;

    /// <summary>A draw needs no flush of its own: the commit that uses it flushes it too.</summary>
    public string DrawIncarnation { get; } = $"""
        UPDATE {schema}.counters SET value = value + 1 WHERE name = 'incarnation' RETURNING value
        """;

    public string RaiseIncarnation { get; } =
        $"UPDATE {schema}.counters SET value = $1 WHERE name = 'incarnation' AND value < $1";

    /// <summary>Exact as long as counting is cheap, else what the planner knows.</summary>
    public string CountStreams { get; } = $"""
        SELECT CASE WHEN c.reltuples < 50000 THEN (SELECT count(*) FROM {schema}.streams) ELSE c.reltuples::bigint END
        FROM pg_class c WHERE c.oid = '{schema}.streams'::regclass
        """;

    /// <summary>Near the limit creations take turns, over all nodes.</summary>
    public string TakeTurnToCreate { get; } = $"SELECT pg_advisory_xact_lock(hashtextextended('{schema}.create', 0))";

    /// <summary>Locks the group's streams in byte order of their names, so that groups never wait for each other in a circle.</summary>
    public string Lock { get; } =
        $"SELECT name, fence, version FROM {schema}.streams WHERE name = ANY($1) ORDER BY name FOR UPDATE";

    public string LockFences { get; } =
        $"SELECT name, fence FROM {schema}.fences WHERE name = ANY($1) ORDER BY name FOR UPDATE";

    /// <summary>Creates the streams whose fence is the newest, up to the limit $13 (null for no check), and returns their places.</summary>
    public string Create { get; } = $"""
        WITH matched AS (
          SELECT c.*, row_number() OVER (ORDER BY c.place) AS rank
          FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::bytea[], $10::text[], $11::text[], $12::int[])
            AS c(name, fence, commit_id, tail, earliest, retained_bytes, last_event_ms, due_at_ms, state, incarnations, purges, place)
          JOIN {schema}.fences f ON f.name = c.name AND f.fence = c.fence
          WHERE NOT EXISTS (SELECT FROM {schema}.streams s WHERE s.name = c.name)),
        allowed AS (
          SELECT * FROM matched WHERE $13::bigint IS NULL OR rank <= $13 - (SELECT count(*) FROM {schema}.streams)),
        taken AS (
          DELETE FROM {schema}.fences f USING allowed a WHERE f.name = a.name),
        made AS (
          INSERT INTO {schema}.streams (id, name, fence, version, commit_id, tail, earliest, retained_bytes, last_event_ms,
            due_at_ms, state, incarnations, purged, timeline)
          SELECT nextval('{schema}.stream_ids'), name, fence, 1, commit_id, tail, earliest, retained_bytes, last_event_ms,
            due_at_ms, state, incarnations::bigint[], coalesce(purges::int8multirange, int8multirange()), {Timeline.Current}
          FROM allowed ORDER BY name RETURNING id, purged),
        litter AS (
          INSERT INTO {schema}.sweeps (stream_id, marked) SELECT id, 1 FROM made WHERE NOT isempty(purged))
        SELECT place FROM allowed
        """;

    /// <summary>Moves the heads whose fence, version and tail match, and returns their places.</summary>
    public string Update { get; } = $"""
        WITH applied AS (
          UPDATE {schema}.streams s SET version = c.version + 1, commit_id = c.commit_id, tail = c.tail,
            earliest = c.earliest, retained_bytes = c.retained_bytes, last_event_ms = c.last_event_ms,
            due_at_ms = c.due_at_ms, state = coalesce(c.state, s.state),
            incarnations = coalesce(c.incarnations::bigint[], s.incarnations),
            timeline = CASE WHEN c.incarnations IS NULL THEN s.timeline ELSE {Timeline.Current} END,
            purged = CASE WHEN c.purges IS NULL THEN s.purged ELSE s.purged + c.purges::int8multirange END
          FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
            $8::bigint[], $9::bytea[], $10::text[], $11::text[], $12::int[], $13::bigint[], $14::bigint[], $15::bigint[])
            AS c(name, fence, commit_id, tail, earliest, retained_bytes, last_event_ms, due_at_ms, state, incarnations, purges,
              place, version, old_tail, incarnation)
          WHERE s.name = c.name AND s.fence = c.fence AND s.version = c.version AND s.tail = c.old_tail
            AND (c.incarnation IS NULL OR c.incarnation = s.incarnations[array_upper(s.incarnations, 1) - 1])
          RETURNING s.id, c.place, c.purges),
        litter AS (
          INSERT INTO {schema}.sweeps AS w (stream_id, marked) SELECT id, 1 FROM applied WHERE purges IS NOT NULL ORDER BY id
          ON CONFLICT (stream_id) DO UPDATE SET marked = w.marked + 1)
        SELECT place FROM applied
        """;

    /// <summary>Blocks of the heads that <see cref="Create"/> and <see cref="Update"/> moved: those that carry the commit's identity.</summary>
    public string InsertBlocks { get; } = $"""
        INSERT INTO {schema}.blocks (stream_id, first_sequence, incarnation, end_sequence, payload_bytes, last_event_ms,
          bytes, checksum, encoded)
        SELECT s.id, c.first_sequence, c.incarnation, c.end_sequence, c.payload_bytes, c.last_event_ms, length(c.encoded),
          c.checksum, c.encoded
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[], $8::bigint[],
          $9::int[], $10::bytea[])
          AS c(name, version, commit_id, first_sequence, incarnation, end_sequence, payload_bytes, last_event_ms, checksum, encoded)
        JOIN {schema}.streams s ON s.name = c.name AND s.version = c.version AND s.commit_id = c.commit_id
        """;

    public string RemoveProducers { get; } = $"""
        DELETE FROM {schema}.producers p
        USING unnest($1::text[], $2::bigint[], $3::uuid[], $4::bytea[]) AS c(name, version, commit_id, id)
        JOIN {schema}.streams s ON s.name = c.name AND s.version = c.version AND s.commit_id = c.commit_id
        WHERE p.stream_id = s.id AND p.id = c.id
        """;

    public string SetProducers { get; } = $"""
        INSERT INTO {schema}.producers (stream_id, id, epoch, sequence, last_used_ms)
        SELECT s.id, c.id, c.epoch, c.sequence, c.last_used_ms
        FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bigint[])
          AS c(name, version, commit_id, id, epoch, sequence, last_used_ms)
        JOIN {schema}.streams s ON s.name = c.name AND s.version = c.version AND s.commit_id = c.commit_id
        ON CONFLICT (stream_id, id) DO UPDATE
          SET epoch = EXCLUDED.epoch, sequence = EXCLUDED.sequence, last_used_ms = EXCLUDED.last_used_ms
        """;

    /// <summary>Drops the heads whose fence and version match; the fence stays, the rest is swept later under its number.</summary>
    public string Remove { get; } = $"""
        WITH gone AS (
          DELETE FROM {schema}.streams s
          USING unnest($1::text[], $2::bigint[], $3::bigint[], $4::int[]) AS c(name, fence, version, place)
          WHERE s.name = c.name AND s.fence = c.fence AND s.version = c.version
          RETURNING s.id, s.name, s.fence, c.place),
        kept AS (
          INSERT INTO {schema}.fences (name, fence) SELECT name, fence FROM gone ORDER BY name
          ON CONFLICT (name) DO UPDATE SET fence = EXCLUDED.fence),
        litter AS (
          INSERT INTO {schema}.sweeps AS w (stream_id, marked) SELECT id, 1 FROM gone ORDER BY id
          ON CONFLICT (stream_id) DO UPDATE SET marked = w.marked + 1)
        SELECT place FROM gone
        """;

    /// <summary>Writes one small row: whether the database takes writes now.</summary>
    public string Probe { get; } = $"UPDATE {schema}.counters SET value = value + 1 WHERE name = 'probe'";

    /// <summary>One node at a time sweeps.</summary>
    public string TakeTurnToSweep { get; } = $"SELECT pg_try_advisory_xact_lock(hashtextextended('{schema}.sweep', 0))";

    /// <summary>What binaries of the version before wrote, up to $1 rows.</summary>
    public string MoveGarbage { get; } = $"""
        WITH moved AS (
          DELETE FROM {schema}.garbage WHERE id IN (SELECT id FROM {schema}.garbage LIMIT $1) RETURNING stream_id)
        INSERT INTO {schema}.sweeps AS w (stream_id, marked) SELECT DISTINCT stream_id, 1 FROM moved ORDER BY stream_id
        ON CONFLICT (stream_id) DO UPDATE SET marked = w.marked + 1
        """;

    /// <summary>$1 the last stream seen, $2 limit.</summary>
    public string Sweeps { get; } =
        $"SELECT stream_id, marked FROM {schema}.sweeps WHERE stream_id > $1 ORDER BY stream_id LIMIT $2";

    /// <summary>Deletes up to $2 purged blocks of a stream, or of one that is gone.</summary>
    public string SweepBlocks { get; } = $"""
        WITH doomed AS (
          SELECT b.first_sequence, b.incarnation FROM {schema}.streams s CROSS JOIN LATERAL unnest(s.purged) AS r
          JOIN {schema}.blocks b ON b.stream_id = s.id AND b.first_sequence >= lower(r) AND b.first_sequence < upper(r)
          WHERE s.id = $1 AND b.end_sequence <= upper(r)
          UNION ALL
          SELECT b.first_sequence, b.incarnation FROM {schema}.blocks b
          WHERE b.stream_id = $1 AND NOT EXISTS (SELECT FROM {schema}.streams s WHERE s.id = $1)
          LIMIT $2)
        DELETE FROM {schema}.blocks b USING doomed d
        WHERE b.stream_id = $1 AND b.first_sequence = d.first_sequence AND b.incarnation = d.incarnation
        """;

    public string SweepProducers { get; } = $"""
        DELETE FROM {schema}.producers WHERE stream_id = $1 AND id IN (
          SELECT p.id FROM {schema}.producers p
          WHERE p.stream_id = $1 AND NOT EXISTS (SELECT FROM {schema}.streams s WHERE s.id = $1) LIMIT $2)
        """;

    /// <summary>
    /// Forgets the swept streams $1 that no commit has marked again since $2. One that a commit has locked is being marked: waiting
    /// for it, with others locked, could end in a circle.
    /// </summary>
    public string ForgetSweeps { get; } = $"""
        DELETE FROM {schema}.sweeps WHERE stream_id IN (
          SELECT w.stream_id FROM {schema}.sweeps w
          JOIN unnest($1::bigint[], $2::bigint[]) AS d(stream_id, marked) ON d.stream_id = w.stream_id AND d.marked = w.marked
          FOR UPDATE OF w SKIP LOCKED)
        """;

    /// <summary>Forgets the oldest fences beyond the newest $1.</summary>
    public string ForgetFences { get; } = $"""
        DELETE FROM {schema}.fences WHERE fence <= (
          SELECT fence FROM {schema}.fences ORDER BY fence DESC OFFSET $1 LIMIT 1)
        """;
}
