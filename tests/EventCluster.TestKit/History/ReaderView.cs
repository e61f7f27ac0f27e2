using EventCluster.Protocol;

namespace EventCluster.TestKit.History;

/// <summary>One reader's progress through a stream.</summary>
internal sealed class ReaderView(string reader)
{
    private readonly HashSet<string> _payloads = new(StringComparer.Ordinal);

    public string Reader => reader;

    /// <summary>Where the present run began.</summary>
    public StreamOffset? Start { get; private set; }

    /// <summary>Position after the newest event.</summary>
    public StreamOffset? Position { get; private set; }

    public SortedDictionary<long, (StreamOffset Offset, string Payload)> Events { get; } = [];

    public void GoTo(StreamOffset from)
    {
        Start = from;
        Position = from;
    }

    public void See(StreamOffset offset, string payload, Action<HistoryFaultKind, string> report)
    {
        if (Position is not { } position)
        {
            report(HistoryFaultKind.ReaderSkipped, $"{reader} got {offset} before it said where it starts");
        }
        else if (offset.Sequence <= position.Sequence || offset <= position)
        {
            report(HistoryFaultKind.ReaderRepeated, $"{reader} got {offset} '{payload}' after {position}");
        }
        else if (offset.Sequence != position.Sequence + 1)
        {
            report(HistoryFaultKind.ReaderSkipped, $"{reader} got {offset} '{payload}' after {position}");
        }

        if (!_payloads.Add(payload) && (!Events.TryGetValue(offset.Sequence, out var seen) || seen.Payload != payload))
        {
            report(HistoryFaultKind.Duplicated, $"{reader} got '{payload}' again at {offset}");
        }

        Events[offset.Sequence] = (offset, payload);
        Position = offset;
    }
}
