namespace EventCluster.Failover;

/// <summary>How long appends waited for their acknowledgement, by stream. Safe to use from many threads.</summary>
internal sealed class StallBook(TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _lastBegun = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Stall> _longest = new(StringComparer.Ordinal);
    private long _from;
    private long _acknowledged;

    /// <summary>Appends acknowledged so far.</summary>
    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    /// <summary>The first attempt of an append begins.</summary>
    public void Begin(string stream)
    {
        lock (_lock)
        {
            _waiting[stream] = time.GetTimestamp();
        }
    }

    /// <summary>It is acknowledged.</summary>
    public void End(string stream)
    {
        Interlocked.Increment(ref _acknowledged);
        lock (_lock)
        {
            _waiting.Remove(stream, out var began);
            _lastBegun[stream] = began;
            Note(stream, began);
        }
    }

    /// <summary>Forgets the stalls so far. A wait under way counts from now on.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _longest.Clear();
            _lastBegun.Clear();
            _from = time.GetTimestamp();
        }
    }

    /// <summary>How many streams had an append that began and was acknowledged since the last restart.</summary>
    public int Moved() => MovedStreams().Count;

    /// <summary>Which streams had an append that began and was acknowledged since the last restart.</summary>
    public IReadOnlySet<string> MovedStreams()
    {
        lock (_lock)
        {
            return _lastBegun.Where(pair => pair.Value >= _from).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        }
    }

    /// <summary>The longest stall of each stream since the last restart.</summary>
    public IReadOnlyDictionary<string, Stall> Longest()
    {
        lock (_lock)
        {
            foreach (var (stream, began) in _waiting)
            {
                Note(stream, began);
            }

            return new Dictionary<string, Stall>(_longest, StringComparer.Ordinal);
        }
    }

    private void Note(string stream, long began)
    {
        var counted = Math.Max(began, _from);
        var length = time.GetElapsedTime(counted);
        if (!_longest.TryGetValue(stream, out var longest) || length > longest.Length)
        {
            _longest[stream] = new Stall(length, time.GetElapsedTime(_from, counted));
        }
    }
}
