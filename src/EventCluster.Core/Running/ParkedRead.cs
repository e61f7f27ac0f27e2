namespace EventCluster.Core.Running;

/// <summary>One read that waits at the tail. It ends without exceptions: woken, timed out or cancelled.</summary>
internal sealed class ParkedRead() : TaskCompletionSource<WakeReason>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private ITimer? _timer;
    private CancellationTokenRegistration _registration;

    /// <summary>Arms the deadline and the caller's token; call before waiting.</summary>
    public void Arm(TimeProvider time, TimeSpan waitUpTo, CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(
            static state => ((ParkedRead)state!).TrySetResult(WakeReason.TimedOut),
            this,
            waitUpTo,
            Timeout.InfiniteTimeSpan);
        _registration = cancellationToken.UnsafeRegister(
            static state => ((ParkedRead)state!).TrySetResult(WakeReason.Cancelled), this);
    }

    /// <summary>Gives the timer and the registration back; call after waiting.</summary>
    public void Disarm()
    {
        _timer?.Dispose();
        _registration.Dispose();
    }
}
