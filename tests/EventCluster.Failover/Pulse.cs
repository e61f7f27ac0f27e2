using System.Globalization;

namespace EventCluster.Failover;

/// <summary>
/// How busy the machine is with other things: a timer that comes late, and processes that wait for a processor. A silo
/// that gets no time looks hung to the others, so times and votes mean nothing then; what was acknowledged still does.
/// </summary>
internal sealed class Pulse : IAsyncDisposable
{
    private const double StarvedPressure = 90;
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan StarvedDelay = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _end = new();
    private readonly TimeProvider _time;
    private readonly Task _beating;
    private volatile bool _isStarved;

    /// <summary>Begins.</summary>
    public Pulse(TimeProvider time)
    {
        _time = time;
        _beating = Task.Run(RunAsync);
    }

    /// <summary>Whether there was such a moment since the last restart.</summary>
    public bool IsStarved => _isStarved;

    /// <summary>Forgets what was.</summary>
    public void Restart() => _isStarved = false;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            var began = _time.GetTimestamp();
            await Task.Delay(Beat, _time, _end.Token);
            _isStarved |= _time.GetElapsedTime(began) - Beat > StarvedDelay || Pressure() > StarvedPressure;
        }
    }

    /// <summary>Percent of the last 10 s in which something waited for a processor, where Linux says so.</summary>
    private static double Pressure()
    {
        const string File = "/proc/pressure/cpu";
        const string Key = "avg10=";
        if (!System.IO.File.Exists(File))
        {
            return 0;
        }

        var word = System.IO.File.ReadAllText(File).Split(' ').FirstOrDefault(part => part.StartsWith(Key, StringComparison.Ordinal));
        return word is null ? 0 : double.Parse(word[Key.Length..], CultureInfo.InvariantCulture);
    }
}
