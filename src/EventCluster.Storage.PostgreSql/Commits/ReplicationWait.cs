using Npgsql;

namespace EventCluster.Storage.PostgreSql.Commits;

/// <summary>
/// Whether a transaction waited for its synchronous standby. A wait that is cancelled (a timeout, an administrator) is no
/// error: the transaction is committed here and may be lost by a failover, and a warning is all that says so.
/// </summary>
internal sealed class ReplicationWait
{
    // The place in the server; its message is translated.
    private const string Routine = "SyncRepWaitForLSN";

    private string? _warning;

    /// <summary>Watches what the server says on a connection until that is given back.</summary>
    public static ReplicationWait Watch(NpgsqlConnection connection)
    {
        var watch = new ReplicationWait();
        connection.Notice += watch.OnNotice;
        return watch;
    }

    /// <summary>To be called when the transaction is over.</summary>
    /// <exception cref="NpgsqlException">It is not known to be on the standby.</exception>
    public void ThrowIfCancelled()
    {
        if (_warning is not null)
        {
            throw new NpgsqlException($"The commit was not confirmed by the synchronous standby: {_warning}");
        }
    }

    private void OnNotice(object sender, NpgsqlNoticeEventArgs e)
    {
        if (e.Notice.Routine == Routine)
        {
            _warning = e.Notice.MessageText;
        }
    }
}
