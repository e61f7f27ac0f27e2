namespace EventCluster.Storage.PostgreSql.Schema;

/// <summary>
/// One row per stream with rows to delete, in place of one per commit that purged. The old table stays for binaries of the version
/// before; what they write there is moved over by housekeeping.
/// </summary>
internal static class SweepMigration
{
    public static string Statements(string schema) => $"""
        CREATE TABLE {schema}.sweeps (
          stream_id bigint PRIMARY KEY,
          marked bigint NOT NULL) WITH (fillfactor = 50);
        INSERT INTO {schema}.sweeps (stream_id, marked) SELECT DISTINCT stream_id, 1 FROM {schema}.garbage;
        DELETE FROM {schema}.garbage;
        """;
}
