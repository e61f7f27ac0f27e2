using EventCluster.Storage.PostgreSql.Sessions;

namespace EventCluster.Storage.PostgreSql.Schema;

/// <summary>The timeline under which each stream was last opened, and the last one that the store saw.</summary>
internal static class TimelineMigration
{
    /// <summary>What is there was written under the present timeline as far as is known; a constant rewrites no row.</summary>
    public static string Statements(string schema) => $"""
        DO $migrate$ BEGIN
          EXECUTE format('ALTER TABLE {schema}.streams ADD COLUMN timeline bigint NOT NULL DEFAULT %s', {Timeline.Current});
          EXECUTE format('ALTER TABLE {schema}.store ADD COLUMN timeline bigint NOT NULL DEFAULT %s', {Timeline.Current});
        END $migrate$;
        """;
}
