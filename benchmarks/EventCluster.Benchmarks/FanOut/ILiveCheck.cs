namespace EventCluster.Benchmarks.FanOut;

/// <summary>Checks what one reader receives: no gap, no duplicate, none of another size.</summary>
public interface ILiveCheck
{
    /// <summary>Events seen, all in order.</summary>
    long Count { get; }

    /// <summary>Sequence after the last event; the position before the first.</summary>
    long LastSequence { get; }

    /// <summary>The reader knows its position.</summary>
    bool IsReady { get; }

    /// <summary>Reads what can be read now; the rest has to be shown again with what follows.</summary>
    /// <returns>Bytes used.</returns>
    int Feed(ReadOnlySpan<byte> bytes);
}
