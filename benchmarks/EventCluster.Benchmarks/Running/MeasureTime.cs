namespace EventCluster.Benchmarks.Running;

/// <summary>The length of a measured part.</summary>
public static class MeasureTime
{
    private const int MostExtensions = 200;

    /// <summary>
    /// Waits for the given time, and on while nothing was counted: on a busy machine a tiny round could else end without
    /// a figure.
    /// </summary>
    public static async Task PassAsync(TimeSpan duration, Func<bool> counted)
    {
        for (var i = 0; i == 0 || (i < MostExtensions && !counted()); i++)
        {
            await Task.Delay(duration, TimeProvider.System);
        }
    }
}
