using EventCluster.Abstractions;

namespace EventCluster.Hosting.Logging;

/// <summary>
/// Lines on their way to the output, written by a thread of their own: whoever logs never waits for whoever reads. What finds
/// no room is dropped and counted, and the count is written when there is room again.
/// </summary>
internal sealed class LogQueue : IBackgroundPart, IDisposable
{
    /// <summary>Most lines that wait.</summary>
    public const int MaxLines = 10_000;

    /// <summary>Most characters that wait.</summary>
    public const int MaxCharacters = 4 * 1024 * 1024;

    /// <summary>How often it is asked for lines of its own while nothing comes.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>How long a stop waits for an output that takes nothing.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(1);

    private readonly object _gate = new();
    private readonly Queue<string> _lines = new();
    private readonly Stream _output;
    private readonly Func<long, string> _renderDropped;
    private readonly Action _onPause;
    private readonly Thread _thread;
    private long _characters;
    private long _dropped;
    private bool _isStopping;

    /// <summary>Starts the thread.</summary>
    /// <param name="output">Where lines go; it may block.</param>
    /// <param name="renderDropped">The line that says how many were dropped.</param>
    /// <param name="onPause">Called now and then on the thread, to write what was held back.</param>
    public LogQueue(Stream output, Func<long, string> renderDropped, Action onPause)
    {
        (_output, _renderDropped, _onPause) = (output, renderDropped, onPause);
        _thread = new Thread(Run) { IsBackground = true, Name = "eventcluster-log" };
        _thread.Start();
    }

    /// <inheritdoc />
    public string? Fault => _isStopping || _thread.IsAlive ? null : "The thread that writes the log has ended.";

    /// <summary>Lines dropped that the output was not told of yet.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes a line, line break included, or drops it. Never waits for the output.</summary>
    public void Add(string line)
    {
        lock (_gate)
        {
            if (_lines.Count >= MaxLines || _characters + line.Length > MaxCharacters)
            {
                Interlocked.Increment(ref _dropped);
                return;
            }

            _lines.Enqueue(line);
            _characters += line.Length;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Writes what waits, unless the output takes nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.Pulse(_gate);
        }

        // A thread that hangs in a write is left behind; it keeps no process alive.
        _thread.Join(LongestStop);
    }

    private void Run()
    {
        while (Take() is { } line)
        {
            try
            {
                if (line.Length == 0)
                {
                    _onPause();
                    continue;
                }

                _output.Write(System.Text.Encoding.UTF8.GetBytes(line));
                _output.Flush();
            }
            catch (Exception)
            {
                // The output is broken (a full disk behind a redirection): the line is lost, the next one may find it mended.
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    /// <summary>The next line; an empty one after a pause; null at the end.</summary>
    private string? Take()
    {
        lock (_gate)
        {
            if (_lines.Count == 0 && !_isStopping && Monitor.Wait(_gate, LongestPause) == false)
            {
                return "";
            }

            if (Dropped > 0 && _lines.Count < MaxLines / 2)
            {
                return _renderDropped(Interlocked.Exchange(ref _dropped, 0));
            }

            if (_lines.TryDequeue(out var line))
            {
                _characters -= line.Length;
                return line;
            }

            return _isStopping ? null : "";
        }
    }
}
