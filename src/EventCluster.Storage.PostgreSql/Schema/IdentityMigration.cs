namespace EventCluster.Storage.PostgreSql.Schema;

/// <summary>
/// The migration that gives the data an identity (CORRECTNESS rule 29). Nodes that know nothing of it would look for each other
/// under the cluster's name alone, which every copy has: they are refused from here on.
/// </summary>
internal static class IdentityMigration
{
    /// <summary>The schema that has it.</summary>
    public const int Version = 4;

    // The view is what clients of Orleans read that find silos in the database.
    // Proofs are unlogged: they are written for each connection between silos, and neither a standby nor a copy needs them.
    public static string Statements(string schema) => $"""
        CREATE TABLE {schema}.identity (
          one boolean PRIMARY KEY DEFAULT true CHECK (one),
          id uuid NOT NULL,
          medium text NOT NULL,
          drawn_at timestamptz NOT NULL DEFAULT now());

        CREATE UNLOGGED TABLE {schema}.proofs (
          value uuid PRIMARY KEY,
          written_at timestamptz NOT NULL DEFAULT now());

        CREATE VIEW {schema}.cluster AS
        SELECT s.cluster_id AS name, s.cluster_id || '-' || replace(i.id::text, '-', '') AS id FROM {schema}.store s, {schema}.identity i;
        """;
}
