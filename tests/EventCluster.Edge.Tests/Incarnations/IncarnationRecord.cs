using System.Collections.Concurrent;
using System.Text;
using EventCluster.Abstractions;
using EventCluster.Protocol;
using EventCluster.TestKit.Subscribers;

namespace EventCluster.Edge.Tests.Incarnations;

/// <summary>
/// What was appended where in all lives of one stream, and the judgement of what a connection saw of it. An offset names its
/// incarnation, so each stands for one payload for ever.
/// </summary>
internal sealed class IncarnationRecord
{
    private readonly ConcurrentDictionary<StreamOffset, string> _events = new();

    /// <summary>The incarnations of the present life.</summary>
    public IncarnationList? Present { get; private set; }

    private readonly ConcurrentDictionary<long, IncarnationList> _lives = new();

    /// <summary>A life begins.</summary>
    public void Begin(IncarnationList incarnations)
    {
        _lives[incarnations.Latest.Incarnation] = incarnations;
        Present = incarnations;
    }

    /// <summary>Events that are about to follow a position of the present life; known before any reader can see them.</summary>
    public void Add(long sequence, IEnumerable<string> payloads)
    {
        foreach (var payload in payloads)
        {
            sequence++;
            _events[Present!.OffsetAfter(sequence)] = payload;
        }
    }

    /// <summary>What is wrong with the sightings of one connection; null when nothing is.</summary>
    /// <param name="sightings">In the order seen.</param>
    /// <param name="life">When set, the connection began when only this life could be seen.</param>
    /// <param name="countsBack">
    /// The transport names only the end of a run, and its client counts the offsets before it back, also over the boundary of
    /// two incarnations.
    /// </param>
    public string? Judge(IReadOnlyList<Sighting> sightings, IncarnationList? life, bool countsBack)
    {
        StreamOffset? last = null;
        foreach (var sighting in sightings)
        {
            switch (sighting)
            {
                case Sighting.Event seen:
                    var payload = Encoding.UTF8.GetString(seen.Payload.Span).Trim('"');
                    var offset = countsBack && _lives.TryGetValue(seen.Offset.Incarnation, out var of)
                        ? of.OffsetAfter(seen.Offset.Sequence)
                        : seen.Offset;
                    if (!_events.TryGetValue(offset, out var expected))
                    {
                        return $"'{payload}' at {offset}, where nothing was appended";
                    }

                    if (expected != payload)
                    {
                        return $"'{payload}' at {offset}, where '{expected}' was appended";
                    }

                    if (life is not null && !life.Holds(offset))
                    {
                        return $"'{payload}' at {offset} is of another life of the stream";
                    }

                    if (last is { } before && offset.Sequence != before.Sequence + 1)
                    {
                        return $"'{payload}' at {offset} follows {before} without a gap";
                    }

                    if (last is { } earlier && offset <= earlier)
                    {
                        return $"'{payload}' at {offset} comes after {earlier}";
                    }

                    last = offset;
                    break;
                case Sighting.Gap gap:
                    last = gap.ContinuedFrom;
                    break;
            }
        }

        return null;
    }
}
