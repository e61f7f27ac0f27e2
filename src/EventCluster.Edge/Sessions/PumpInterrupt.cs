namespace EventCluster.Edge.Sessions;

/// <summary>
/// Takes a connection off its pump when something is posted for it. The one side posts, then raises; the other arms, then looks
/// whether something was posted before. Both have a full fence in between: without it each could miss the other, and the post
/// would wait for the next one.
/// </summary>
internal sealed class PumpInterrupt
{
    private CancellationTokenSource? _armed;

    /// <summary>From now on <see cref="Raise"/> cancels the token.</summary>
    public CancellationToken Arm()
    {
        // Not disposed: a post may still be about to cancel it, and without a timer it holds nothing.
        var armed = new CancellationTokenSource();
        Interlocked.Exchange(ref _armed, armed);
        return armed.Token;
    }

    /// <summary>Nothing is taken off any more.</summary>
    public void Disarm() => Volatile.Write(ref _armed, null);

    /// <summary>Something was posted.</summary>
    public void Raise()
    {
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _armed)?.Cancel();
    }
}
