namespace EventCluster.Hosting.Logging;

/// <summary>
/// What libraries say while a node starts waits here until the start is decided. A start that is refused says so in one line of its own; the
/// warnings and stack traces of the parts that it takes apart then are dropped with it, because they look like a crash and say less.
/// </summary>
/// <param name="categories">Beginnings of the categories that wait.</param>
/// <param name="time">The clock.</param>
public sealed class StartLog(IReadOnlyList<string> categories, TimeProvider time)
{
    /// <summary>Most lines that wait; beyond it nothing waits any more.</summary>
    public const int MaxLines = 1_000;

    /// <summary>A start that takes longer hangs, and whoever looks at it needs to see why.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private Action<string>? _write;
    private long _since;
    private bool _isDecided;
    private bool _isRefused;

    /// <summary>Keeps a line back.</summary>
    /// <param name="category">Who says it.</param>
    /// <param name="line">The whole line.</param>
    /// <param name="write">Where it goes if it is written at all.</param>
    /// <returns>False when it is to be written at once.</returns>
    internal bool TryHold(string category, string line, Action<string> write)
    {
        if (Volatile.Read(ref _isDecided) || !categories.Any(begin => category.StartsWith(begin, StringComparison.Ordinal)))
        {
            return false;
        }

        lock (_gate)
        {
            if (_isDecided)
            {
                return false;
            }

            if (_isRefused)
            {
                return true;
            }

            if (_lines.Count == 0)
            {
                _since = time.GetTimestamp();
            }

            _write = write;
            _lines.Add(line);
        }

        ReleaseIfLate();
        return true;
    }

    /// <summary>The start is over, or it ends in a way that nobody foresaw: everything is written.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isDecided = true;
            foreach (var line in _lines)
            {
                _write!(line);
            }

            _lines.Clear();
        }
    }

    /// <summary>The start is refused: what waits is dropped, and what is said while its parts are taken apart, too.</summary>
    public void Refuse()
    {
        lock (_gate)
        {
            _isRefused = true;
            _lines.Clear();
        }
    }

    /// <summary>Gives up to wait when it takes too long, or too much.</summary>
    internal void ReleaseIfLate()
    {
        bool isLate;
        lock (_gate)
        {
            isLate = _lines.Count >= MaxLines || (_lines.Count > 0 && time.GetElapsedTime(_since) > LongestWait);
        }

        if (isLate)
        {
            Release();
        }
    }
}
