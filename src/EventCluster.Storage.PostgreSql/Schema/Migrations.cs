namespace EventCluster.Storage.PostgreSql.Schema;

/// <summary>
/// The schema's history: migration N leads from N − 1 to N and is never edited once released. A migration keeps binaries
/// of N − 1 working (new columns have defaults, nothing they use goes), so that a cluster can be upgraded node by node;
/// one that cannot says so by raising <see cref="OldestBinary"/>.
/// </summary>
internal static class Migrations
{
    /// <summary>The schema that this build was made for.</summary>
    public const int Newest = 4;

    /// <summary>The oldest binary, by the schema it was made for, that the newest schema still serves.</summary>
    public const int OldestBinary = IdentityMigration.Version;

    /// <summary>
    /// A new store's histories are numbered from here on, so that the streams of one node, which are numbered from 1 on, can be
    /// copied beside streams of the cluster's own.
    /// </summary>
    private const long FirstIncarnation = 1 << 20;

    /// <summary>The statements of each migration, the first one first.</summary>
    public static IReadOnlyList<string> All(string schema) =>
    [
        First(schema), TimelineMigration.Statements(schema), SweepMigration.Statements(schema), IdentityMigration.Statements(schema),
    ];

    private static string First(string schema) => $"""
        CREATE SEQUENCE {schema}.fence_numbers;
        CREATE SEQUENCE {schema}.stream_ids;

        CREATE TABLE {schema}.counters (
          name text COLLATE "C" PRIMARY KEY,
          value bigint NOT NULL);
        INSERT INTO {schema}.counters (name, value) VALUES ('incarnation', {FirstIncarnation}), ('probe', 0);

        CREATE TABLE {schema}.streams (
          name text COLLATE "C" PRIMARY KEY,
          id bigint NOT NULL UNIQUE,
          fence bigint NOT NULL,
          version bigint NOT NULL,
          commit_id uuid NOT NULL,
          tail bigint NOT NULL,
          earliest bigint NOT NULL,
          retained_bytes bigint NOT NULL,
          last_event_ms bigint NOT NULL,
          due_at_ms bigint NOT NULL,
          incarnations bigint[] NOT NULL,
          purged int8multirange NOT NULL,
          state bytea NOT NULL) WITH (fillfactor = 50);
        CREATE INDEX streams_due ON {schema}.streams (due_at_ms, name) WHERE due_at_ms < {long.MaxValue};

        CREATE TABLE {schema}.fences (
          name text COLLATE "C" PRIMARY KEY,
          fence bigint NOT NULL);

        CREATE TABLE {schema}.blocks (
          stream_id bigint NOT NULL,
          first_sequence bigint NOT NULL,
          incarnation bigint NOT NULL,
          end_sequence bigint NOT NULL,
          payload_bytes integer NOT NULL,
          last_event_ms bigint NOT NULL,
          bytes integer NOT NULL,
          checksum integer NOT NULL,
          encoded bytea NOT NULL,
          PRIMARY KEY (stream_id, first_sequence, incarnation));
        ALTER TABLE {schema}.blocks ALTER COLUMN encoded SET STORAGE EXTERNAL;

        CREATE TABLE {schema}.producers (
          stream_id bigint NOT NULL,
          id bytea NOT NULL,
          epoch bigint NOT NULL,
          sequence bigint NOT NULL,
          last_used_ms bigint NOT NULL,
          PRIMARY KEY (stream_id, id)) WITH (fillfactor = 70);

        CREATE TABLE {schema}.imports (
          name text COLLATE "C" PRIMARY KEY,
          stream_id bigint NOT NULL,
          source_version bigint NOT NULL,
          source_commit uuid NOT NULL,
          done boolean NOT NULL);

        CREATE TABLE {schema}.garbage (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          stream_id bigint NOT NULL);
        """;
}
