using Microsoft.Extensions.Hosting;

namespace EventCluster.Edge.SignalR;

/// <summary>
/// The life of the server as SignalR sees it. SignalR cuts its connections the moment the server begins to stop; here that
/// moment comes when its clients have been told to move.
/// </summary>
internal sealed class HubLifetime : IHostApplicationLifetime, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Since the beginning.</summary>
    public CancellationToken ApplicationStarted { get; } = new(canceled: true);

    /// <inheritdoc />
    public CancellationToken ApplicationStopping => _stopping.Token;

    /// <summary>Never: nothing of SignalR waits for it.</summary>
    public CancellationToken ApplicationStopped => CancellationToken.None;

    /// <summary>Cuts what is left.</summary>
    public void StopApplication() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();
}
