namespace EventCluster.Hosting.Node;

/// <summary>
/// When memory is given back after a burst. The collector keeps a free region for twenty more collections, and a server that has
/// little to do makes none: what a burst needed would stay with the process for hours, also when it ends in silence, with clients
/// that leave. So an idle process looks now and then, by a collection in the background, how much of its memory is free, and gives
/// that back if it is much. A process that is busy, or allocates nothing, is left alone.
/// </summary>
/// <remarks>For one thread, which calls <see cref="Next"/> at each interval.</remarks>
internal sealed class IdleTrim
{
    /// <summary>Idle intervals in a row before anything is done.</summary>
    public const int IdleIntervals = 2;

    /// <summary>Processor time below which an interval is idle, as a part of one processor.</summary>
    public const double IdlePart = 0.1;

    /// <summary>Fewest allocated bytes since the last look that are worth another one.</summary>
    public const long LeastAllocated = 256 * 1024;

    /// <summary>Fewest free bytes that are worth a stop, above those that could not be given back the last time.</summary>
    public const long LeastFree = 8L * 1024 * 1024;

    /// <summary>Intervals from one look, or one collection that gives back, to the next look.</summary>
    public const int IntervalsBetween = 4;

    /// <summary>A larger live heap is left alone: to compact it stops everything for longer than a client should notice.</summary>
    public const long MostLiveBytes = 512L * 1024 * 1024;

    private TimeSpan _processor;
    private long _allocated = -LeastAllocated;
    private long _kept;
    private int _idle;
    private int _wait;
    private bool _hasLooked;

    /// <summary>What to do now.</summary>
    /// <param name="sample">The process.</param>
    /// <param name="elapsed">Since the last call.</param>
    public MemoryTrim Next(MemorySample sample, TimeSpan elapsed)
    {
        _idle = sample.Processor - _processor < elapsed * IdlePart ? _idle + 1 : 0;
        _processor = sample.Processor;
        _wait = Math.Max(0, _wait - 1);
        if (_idle < IdleIntervals)
        {
            // What it saw is out of date.
            _hasLooked = false;
            return MemoryTrim.None;
        }

        if (!_hasLooked)
        {
            if (_wait > 0 || sample.Allocated - _allocated < LeastAllocated)
            {
                return MemoryTrim.None;
            }

            (_hasLooked, _allocated) = (true, sample.Allocated);
            return MemoryTrim.Look;
        }

        (_hasLooked, _wait) = (false, IntervalsBetween);
        return sample.Live <= MostLiveBytes && sample.Free - _kept >= LeastFree ? MemoryTrim.GiveBack : MemoryTrim.None;
    }

    /// <summary>What was free still after memory was given back.</summary>
    public void Keep(long free) => _kept = free;
}
