namespace EventCluster.Orleans.Directory;

/// <summary>
/// Tells when a connection to a gateway is lost. A client of a cluster gets no error for calls that were on their way
/// through it; each would wait for its own timeout.
/// </summary>
internal sealed class GatewayLoss : IClusterConnectionStatusObserver, IDisposable
{
    private CancellationTokenSource _next = new();

    /// <summary>Fires when the next gateway is lost.</summary>
    public CancellationToken Next => Volatile.Read(ref _next).Token;

    /// <inheritdoc />
    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
        {
            Notify();
        }
    }

    /// <inheritdoc />
    public void NotifyClusterConnectionLost() => Notify();

    /// <inheritdoc />
    public void Dispose() => _next.Dispose();

    // The old one is not disposed: a call that looked a moment ago still registers with it. It has no timer.
    private void Notify() => Interlocked.Exchange(ref _next, new CancellationTokenSource()).Cancel();
}
