using Npgsql;

namespace EventCluster.Storage.PostgreSql.Sessions;

/// <summary>What everything that writes to the shared database does with the operator's connection string.</summary>
public static class ConnectionStrings
{
    /// <summary>
    /// The connection string with its choice among several hosts: only the primary takes writes, and which one that is changes.
    /// </summary>
    /// <exception cref="ArgumentException">It cannot be understood.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        var text = new NpgsqlConnectionStringBuilder(connectionString);
        if (text.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            text.TargetSessionAttributes ??= "primary";
        }

        return text;
    }
}
