using EventCluster.Storage.PostgreSql.Sessions;

namespace EventCluster.Storage.PostgreSql.Import;

/// <summary>The statements of a copy, with the schema's name in place.</summary>
internal sealed class ImportStatements(string schema)
{
    /// <summary>What an earlier run left of a stream, and whether the store has one of that name.</summary>
    public string Look { get; } = $"""
        SELECT i.stream_id, i.source_version, i.source_commit, coalesce(i.done, false), s.id IS NOT NULL,
          (SELECT max(b.end_sequence) FROM {schema}.blocks b WHERE b.stream_id = i.stream_id)
        FROM (SELECT $1::text AS name) n LEFT JOIN {schema}.imports i ON i.name = n.name COLLATE "C"
        LEFT JOIN {schema}.streams s ON s.name = n.name COLLATE "C"
        """;

    /// <summary>All streams of the store, and those that were copied and are gone: their histories, and the source's version.</summary>
    public string LookAtAll { get; } = $"""
        SELECT coalesce(s.name, i.name), s.incarnations, i.name IS NOT NULL, coalesce(i.source_version, 0),
          coalesce(i.source_commit, '00000000-0000-0000-0000-000000000000')
        FROM {schema}.streams s FULL JOIN (SELECT * FROM {schema}.imports WHERE done) i ON i.name = s.name
        """;

    /// <summary>Begins a stream anew under a number that nothing else uses; what an earlier run staged is swept later.</summary>
    public string Begin { get; } = $"""
        WITH old AS (
          INSERT INTO {schema}.sweeps AS w (stream_id, marked) SELECT stream_id, 1 FROM {schema}.imports WHERE name = $1 AND NOT done
          ON CONFLICT (stream_id) DO UPDATE SET marked = w.marked + 1)
        INSERT INTO {schema}.imports AS i (name, stream_id, source_version, source_commit, done)
        VALUES ($1, nextval('{schema}.stream_ids'), $2, $3, false)
        ON CONFLICT (name) DO UPDATE SET stream_id = EXCLUDED.stream_id, source_version = EXCLUDED.source_version,
          source_commit = EXCLUDED.source_commit, done = false
        RETURNING stream_id
        """;

    public string Stage { get; } = $"""
        INSERT INTO {schema}.blocks (stream_id, first_sequence, incarnation, end_sequence, payload_bytes, last_event_ms,
          bytes, checksum, encoded)
        SELECT $1, c.first_sequence, c.incarnation, c.end_sequence, c.payload_bytes, c.last_event_ms, length(c.encoded),
          c.checksum, c.encoded
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::int[], $6::bigint[], $7::int[], $8::bytea[])
          AS c(first_sequence, incarnation, end_sequence, payload_bytes, last_event_ms, checksum, encoded)
        """;

    /// <summary>Numbers of the source are never drawn here again.</summary>
    public string DrawAbove { get; } = $"""
        UPDATE {schema}.counters SET value = greatest(value, $1) + 1 WHERE name = 'incarnation' RETURNING value
        """;

    public string Producers { get; } = $"""
        INSERT INTO {schema}.producers (stream_id, id, epoch, sequence, last_used_ms)
        SELECT $1, c.* FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[]) AS c(id, epoch, sequence, last_used_ms)
        """;

    /// <summary>Makes a staged stream visible.</summary>
    public string Publish { get; } = $"""
        INSERT INTO {schema}.streams (id, name, fence, version, commit_id, tail, earliest, retained_bytes, last_event_ms,
          due_at_ms, state, incarnations, purged, timeline)
        VALUES ($1, $2, nextval('{schema}.fence_numbers'), $3, $4, $5, $6, $7, $8, $9, $10, $11::text::bigint[], int8multirange(),
          {Timeline.Current})
        """;

    public string ForgetFence { get; } = $"DELETE FROM {schema}.fences WHERE name = $1";

    /// <summary>Locks the stream's entry; no row means that another copy began it anew.</summary>
    public string Finish { get; } =
        $"UPDATE {schema}.imports SET done = true WHERE name = $1 AND stream_id = $2 AND NOT done";
}
