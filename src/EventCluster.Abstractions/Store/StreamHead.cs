namespace EventCluster.Abstractions.Store;

/// <summary>The part of a stream's state that changes with almost every commit. Times are Unix milliseconds.</summary>
/// <param name="Tail">Sequence after the last event.</param>
/// <param name="Earliest">Sequence of the earliest position that readers may use.</param>
/// <param name="RetainedBytes">Payload bytes of the stream's own events from <paramref name="Earliest"/> on.</param>
/// <param name="LastEventMilliseconds">Time of the last event; the next one is never earlier. 0 before the first.</param>
/// <param name="DueAtMilliseconds">When the owner must look at the stream even if nobody asks; <see cref="NeverDue"/> for never.</param>
public readonly record struct StreamHead(
    long Tail, long Earliest, long RetainedBytes, long LastEventMilliseconds, long DueAtMilliseconds)
{
    /// <summary><see cref="DueAtMilliseconds"/> of a stream that needs no visit.</summary>
    public const long NeverDue = long.MaxValue;
}
