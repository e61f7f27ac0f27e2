using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>An append under way.</summary>
public sealed class SentAppend
{
    private readonly ClaimRecorder _recorder;

    internal SentAppend(ClaimRecorder recorder, int index) => (_recorder, Index) = (recorder, index);

    /// <summary>Its place among the recorded appends.</summary>
    internal int Index { get; }

    /// <summary>The answer came just now, and it says that the append is there.</summary>
    /// <param name="position">The position behind the append; null when the answer does not name exactly that (a duplicate).</param>
    public void Acknowledge(StreamOffset? position) => _recorder.Acknowledge(this, position);
}
