using System.Net;

namespace EventCluster.Faults.Images;

/// <summary>What was acknowledged of one stream.</summary>
internal sealed class WorkStream(string name, string type)
{
    private readonly Dictionary<string, long> _producers = new(StringComparer.Ordinal);

    public string Name => name;

    public string Type => type;

    /// <summary>All events from the first one on as hex, trimmed and inherited ones included.</summary>
    public List<string> Events { get; } = [];

    public long Incarnation { get; init; }

    public long Earliest { get; set; }

    /// <summary>Events before it are stored with the source.</summary>
    public long Inherited { get; init; }

    /// <summary>The first retained event that this stream stores itself.</summary>
    public long FirstOwn => Math.Max(Earliest, Inherited);

    public bool IsClosed { get; set; }

    public bool IsFork { get; init; }

    /// <summary>It was deleted while forks held it: its name stays taken.</summary>
    public bool IsGone { get; set; }

    /// <summary>A fork holds events of it.</summary>
    public bool IsHeld { get; set; }

    public long Tail => Events.Count;

    /// <summary>A fork may begin here.</summary>
    public bool IsUsable => !IsClosed && !IsFork;

    /// <summary>The next sequence of a producer.</summary>
    public long NextOf(string producer) => _producers[producer] = _producers.GetValueOrDefault(producer, -1) + 1;

    /// <summary>All retained events as HTTP serves them.</summary>
    public WorkAnswer Answer()
    {
        if (IsGone)
        {
            return new WorkAnswer(HttpStatusCode.Gone, []);
        }

        var payloads = Events.Skip((int)Earliest).Select(Convert.FromHexString);
        byte[] body = type == "application/json"
            ? [(byte)'[', .. payloads.SelectMany((payload, i) => i == 0 ? payload : [(byte)',', .. payload]), (byte)']']
            : [.. payloads.SelectMany(payload => payload)];
        return new WorkAnswer(HttpStatusCode.OK, body);
    }

    public void Add(IReadOnlyList<ReadOnlyMemory<byte>> events) =>
        Events.AddRange(events.Select(payload => Convert.ToHexString(payload.Span)));

    public WorkStream Fork(string fork, long incarnation, long at)
    {
        var made = new WorkStream(fork, type) { Incarnation = incarnation, Earliest = Earliest, Inherited = at, IsFork = true };
        made.Events.AddRange(Events.Take((int)at));
        return made;
    }
}
