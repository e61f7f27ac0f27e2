using EventCluster.Protocol;

namespace EventCluster.TestKit.Claims;

/// <summary>An append, a creation or a close, as its client saw it. Times count from the begin of the recording.</summary>
/// <param name="Stream">To which stream.</param>
/// <param name="Events">How many; each at most once, however often the request was repeated.</param>
/// <param name="Sent">Just before the first attempt.</param>
public sealed record AppendRecord(string Stream, int Events, TimeSpan Sent)
{
    /// <summary>It begins an incarnation, whose sequences count from 0.</summary>
    public bool Creates { get; init; }

    /// <summary>It closes the stream.</summary>
    public bool Closes { get; init; }

    /// <summary>Just after the answer that acknowledged it; null while there is none.</summary>
    public TimeSpan? Acknowledged { get; init; }

    /// <summary>The position behind it, where the answer named that (a duplicate's answer does not).</summary>
    public StreamOffset? Position { get; init; }
}
