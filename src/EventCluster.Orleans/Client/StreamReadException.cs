using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Client;

/// <summary>Reading cannot go on as asked; nothing is skipped silently.</summary>
/// <param name="stream">The stream.</param>
/// <param name="outcome">Why: a gap, not found, gone, or not now.</param>
public sealed class StreamReadException(StreamName stream, ReadOutcome outcome) : Exception(MessageOf(stream, outcome))
{
    /// <summary>The stream.</summary>
    public StreamName Stream => stream;

    /// <summary>Why; <see cref="ReadOutcome.Gap"/> names the earliest position to go on from.</summary>
    public ReadOutcome Outcome => outcome;

    private static string MessageOf(StreamName stream, ReadOutcome outcome) => outcome switch
    {
        ReadOutcome.Gap { Info: var gap } =>
            $"Stream '{stream}' cannot be read from {gap.Requested} ({gap.Reason}); the earliest retained position is {gap.Earliest}.",
        ReadOutcome.Gone => $"Stream '{stream}' is deleted.",
        ReadOutcome.Unavailable now => $"Stream '{stream}' cannot be read now: {now.Detail}",
        _ => $"There is no stream '{stream}'.",
    };
}
