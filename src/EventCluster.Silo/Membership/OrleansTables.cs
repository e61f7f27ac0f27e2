using EventCluster.Storage.PostgreSql.Sessions;
using Npgsql;

namespace EventCluster.Silo.Membership;

/// <summary>The tables of Orleans' ADO.NET providers, made by whichever silo starts first.</summary>
internal static class OrleansTables
{
    /// <summary>Any number that nothing else in the database locks.</summary>
    private const long AdvisoryLock = 0x4543_4F52_4C45_414E;

    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);

    /// <summary>The connection that finds the tables without naming their schema, as the providers' statements do.</summary>
    public static string ConnectionOf(string connectionString, string schema)
    {
        var text = ConnectionStrings.Parse(connectionString);
        text.SearchPath = schema;
        return text.ConnectionString;
    }

    /// <summary>Makes what is missing; the schema exists. A database that goes away meanwhile is waited for, as by the store.</summary>
    /// <param name="connectionString">From <see cref="ConnectionOf"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Abandons it; nothing is left half made.</param>
    public static async Task MakeAsync(string connectionString, TimeProvider time, CancellationToken cancellationToken)
    {
        while (!await TryMakeAsync(connectionString, cancellationToken))
        {
            await Task.Delay(_pause, time, cancellationToken);
        }
    }

    private static async Task<bool> TryMakeAsync(string connectionString, CancellationToken cancellationToken)
    {
        try
        {
            await MakeOnceAsync(connectionString, cancellationToken);
            return true;
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            // The store has its session and says that the database is away.
            return false;
        }
    }

    private static async Task MakeOnceAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.Transaction = transaction;

        // Silos that start at once would otherwise both find a table missing.
        command.CommandText = $"SELECT pg_advisory_xact_lock({AdvisoryLock})";
        await command.ExecuteNonQueryAsync(cancellationToken);
        command.CommandText = await ScriptAsync(cancellationToken);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<string> ScriptAsync(CancellationToken cancellationToken)
    {
        await using var resource = typeof(OrleansTables).Assembly.GetManifestResourceStream("EventCluster.Silo.Membership.orleans-tables.sql")!;
        using var reader = new StreamReader(resource);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}
