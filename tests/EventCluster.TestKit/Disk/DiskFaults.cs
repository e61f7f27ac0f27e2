namespace EventCluster.TestKit.Disk;

/// <summary>Named probabilities (0 to 1, per operation) of what a <see cref="SimulatedDisk"/> does wrong by itself.</summary>
public sealed record DiskFaults
{
    public static readonly DiskFaults None = new();

    /// <summary>A read throws; the bytes are fine.</summary>
    public double ReadError { get; init; }

    /// <summary>A write throws after an unknown part of it.</summary>
    public double WriteError { get; init; }

    /// <summary>A flush throws and an arbitrary part of the unflushed pages is lost for good.</summary>
    public double FlushError { get; init; }

    /// <summary>A flush takes between zero and <see cref="MaxFlushDelay"/> of virtual time.</summary>
    public double SlowFlush { get; init; }

    /// <summary>Longest flush.</summary>
    public TimeSpan MaxFlushDelay { get; init; } = TimeSpan.FromMilliseconds(50);
}
