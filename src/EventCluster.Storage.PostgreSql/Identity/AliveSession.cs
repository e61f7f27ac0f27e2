using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Storage.PostgreSql.Sessions;
using Npgsql;

namespace EventCluster.Storage.PostgreSql.Identity;

/// <summary>
/// A connection of its own that this node keeps for as long as it lives: it holds the <see cref="AliveLock"/>, and looks again
/// and again whether the data are still those that the node serves.
/// </summary>
internal sealed class AliveSession(NpgsqlDataSource source, PostgreSqlOptions options, IdentityGuard guard, TimeProvider time)
    : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly BackgroundLoop _watching = new("watch over the database's identity");
    private NpgsqlConnection? _connection;

    /// <summary>Why it does not watch; null while it does, and when it has seen what it watches for.</summary>
    public string? Fault => guard.Fault is null ? _watching.Fault : null;

    /// <summary>The connection, opened when there is none.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken) =>
        _connection ??= await source.OpenConnectionAsync(cancellationToken);

    /// <summary>Gives up a connection that may be broken.</summary>
    public async Task DropAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            await connection.DisposeAsync();
        }
    }

    /// <summary>The lock is held and the identity known: watches until disposed.</summary>
    public void Watch() => _watching.Start(() => Task.Run(WatchAsync, CancellationToken.None));

    /// <summary>Ends the session, and with it the lock.</summary>
    public async ValueTask DisposeAsync()
    {
        _watching.NoteStop();
        await _stop.CancelAsync();
        await _watching.StopAsync();
        await DropAsync();
        await source.DisposeAsync();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(options.IdentityCheckInterval, time);
        try
        {
            while (guard.Fault is null && await timer.WaitForNextTickAsync(_stop.Token))
            {
                await LookAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task LookAsync()
    {
        try
        {
            // Reconnecting checks the place as well; a lock that another node has alone is tried for again.
            var isNew = _connection is null;
            var connection = await ConnectAsync(_stop.Token);
            if (isNew && !await AliveLock.TryShareAsync(connection, options.Schema, _stop.Token))
            {
                await DropAsync();
                return;
            }

            guard.Check(await IdentityRow.ReadIdAsync(connection, options.Schema, _stop.Token), medium: null);
        }
        catch (Exception) when (!_stop.IsCancellationRequested)
        {
            // A database that is away is reported by those who need it; another identity is kept by the guard.
            await DropAsync();
        }
    }
}
