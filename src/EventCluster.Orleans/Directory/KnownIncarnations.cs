using System.Collections.Concurrent;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Directory;

/// <summary>
/// The incarnations that replies mentioned. The store draws them in rising order, so a stream whose first incarnation is at most the
/// highest one known when a request was sent is the stream that the request meant, and not a successor of it.
/// </summary>
internal sealed class KnownIncarnations
{
    /// <summary>Streams whose incarnation is remembered by name; beyond it all are forgotten, and found again by the next replies.</summary>
    public const int MaxStreams = 10_000;

    private readonly ConcurrentDictionary<StreamName, long> _latest = new();
    private long _highest;

    /// <summary>The highest one of any stream; 0 when none is known.</summary>
    public long Highest => Interlocked.Read(ref _highest);

    /// <summary>The newest one known of a stream; null when none is known.</summary>
    public long? Of(StreamName name) => _latest.TryGetValue(name, out var known) ? known : null;

    /// <summary>A reply named an incarnation of a stream.</summary>
    public void Note(StreamName name, long incarnation)
    {
        if (_latest.TryGetValue(name, out var known) && known >= incarnation)
        {
            return;
        }

        if (_latest.Count >= MaxStreams)
        {
            _latest.Clear();
        }

        _latest[name] = incarnation;
        var highest = Highest;
        while (highest < incarnation && Interlocked.CompareExchange(ref _highest, incarnation, highest) is var seen && seen != highest)
        {
            highest = seen;
        }
    }

    /// <summary>A reply described a stream.</summary>
    public void Note(StreamDescriptor stream) => Note(stream.Name, stream.Incarnations.Latest.Incarnation);

    /// <summary>What is known of a stream may be old.</summary>
    public void Forget(StreamName name) => _latest.TryRemove(name, out _);

    /// <summary>
    /// The incarnation that a repeated request means, if the stream that is there now was there when its first attempt was sent; null when
    /// that cannot be said.
    /// </summary>
    /// <param name="stream">The stream that is there now.</param>
    /// <param name="highest">The highest incarnation known when the first attempt was sent.</param>
    public static long? Meant(StreamDescriptor stream, long highest)
    {
        // A fork's list begins with its source's incarnations.
        var created = stream.ForkedFrom is null ? stream.Incarnations[0].Incarnation : stream.Incarnations.Latest.Incarnation;
        return created <= highest ? created : null;
    }
}
