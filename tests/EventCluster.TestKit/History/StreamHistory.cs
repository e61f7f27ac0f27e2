using EventCluster.Protocol;

namespace EventCluster.TestKit.History;

/// <summary>Everything recorded about one life of a stream, and its verdict.</summary>
internal sealed class StreamHistory(string name)
{
    private readonly Dictionary<(string Producer, long Number), SentBatch> _batches = [];
    private readonly Dictionary<string, SentBatch> _sentBy = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ReaderView> _views = new(StringComparer.Ordinal);
    private readonly List<string> _finals = [];
    private readonly List<HistoryFault> _found = [];
    private StreamHistory? _source;
    private long _point;
    private long _ackedTail;
    private long _headMayBe;

    private long AllowedHead => Math.Max(_headMayBe, _source?.AllowedHead ?? 0);

    /// <summary>Takes over what a source sent before the fork point.</summary>
    public void Inherit(StreamHistory source, HistoryEntry entry)
    {
        _source = source;
        _point = Offset(entry).Sequence;
        _ackedTail = _point;
    }

    public void Add(HistoryEntry entry)
    {
        switch (entry.Kind)
        {
            case HistoryEntryKind.Attempt:
                Attempt(entry);
                break;
            case HistoryEntryKind.Acknowledge:
                Ack(Batch(entry), entry);
                break;
            case HistoryEntryKind.Refuse:
                Batch(entry).Refusals++;
                break;
            case HistoryEntryKind.Start or HistoryEntryKind.Gap:
                View(entry).GoTo(Offset(entry));
                break;
            case HistoryEntryKind.Observe:
                View(entry).See(Offset(entry), entry.Payloads[0], Report);
                break;
            case HistoryEntryKind.Trim:
                _headMayBe = Math.Max(_headMayBe, Offset(entry).Sequence);
                break;
            case HistoryEntryKind.Final:
                _finals.Add(entry.Reader!);
                break;
            default:
                throw new FormatException($"Not an entry of one stream: {entry}");
        }
    }

    /// <summary>Adds everything that is wrong.</summary>
    public void Judge(List<HistoryFault> faults)
    {
        var common = MergeViews();
        CheckOrigins(common);
        foreach (var final in _finals)
        {
            JudgeFinal(_views[final], common);
        }

        if (_finals.Count == 0 && _batches.Values.Any(b => b.Acked))
        {
            Report(HistoryFaultKind.Unverified, "acked events, but no reader read to the end");
        }

        faults.AddRange(_found);
    }

    private static StreamOffset Offset(HistoryEntry entry) => entry.Position ?? default;

    private void Attempt(HistoryEntry entry)
    {
        var key = (Producer: entry.Producer!, entry.Number);
        if (!_batches.TryGetValue(key, out var batch))
        {
            batch = new SentBatch(key.Producer, key.Number, entry.Payloads, _ackedTail);
            _batches.Add(key, batch);
            foreach (var payload in batch.Payloads)
            {
                _sentBy.Add(payload, batch);
            }
        }

        batch.Attempts++;
    }

    private void Ack(SentBatch batch, HistoryEntry entry)
    {
        batch.Acked = true;
        if (entry.Offset is null)
        {
            return;
        }

        var next = Offset(entry);
        if (batch.AckedNext is { } earlier && earlier != next)
        {
            Report(HistoryFaultKind.AckMisplaced, $"{batch} was acked at {earlier} and at {next}");
        }

        batch.AckedNext = next;
        _ackedTail = Math.Max(_ackedTail, next.Sequence);
    }

    private SortedDictionary<long, (StreamOffset Offset, string Payload)> MergeViews()
    {
        SortedDictionary<long, (StreamOffset Offset, string Payload)> common = [];
        foreach (var view in _views.Values)
        {
            foreach (var (sequence, seen) in view.Events)
            {
                if (!common.TryAdd(sequence, seen) && common[sequence] != seen)
                {
                    Report(HistoryFaultKind.Diverged, $"{view.Reader} saw {seen}, another reader {common[sequence]}");
                }
            }
        }

        return common;
    }

    private void CheckOrigins(SortedDictionary<long, (StreamOffset Offset, string Payload)> common)
    {
        foreach (var (sequence, seen) in common)
        {
            if (sequence <= _point && _source is not null)
            {
                if (_source.SeenAt(sequence) is { } original && original != seen)
                {
                    Report(HistoryFaultKind.Diverged, $"the fork holds {seen}, its source {original}");
                }

                if (!_source.MayHold(sequence, seen.Payload))
                {
                    Report(HistoryFaultKind.Invented, $"inherited {seen} was never sent to the source");
                }
            }
            else if (!_sentBy.TryGetValue(seen.Payload, out var batch) || batch.SurelyRefused)
            {
                Report(HistoryFaultKind.Invented, $"{seen} was {(batch is null ? "never sent" : "refused each time")}");
            }
        }
    }

    private bool MayHold(long sequence, string payload) =>
        sequence <= _point && _source is not null ? _source.MayHold(sequence, payload) : _sentBy.ContainsKey(payload);

    private (StreamOffset Offset, string Payload)? SeenAt(long sequence)
    {
        foreach (var view in _views.Values)
        {
            if (view.Events.TryGetValue(sequence, out var seen))
            {
                return seen;
            }
        }

        return sequence <= _point ? _source?.SeenAt(sequence) : null;
    }

    private void JudgeFinal(ReaderView final, SortedDictionary<long, (StreamOffset Offset, string Payload)> common)
    {
        var (start, end) = (final.Start?.Sequence ?? 0, final.Position?.Sequence ?? 0);
        if (start > AllowedHead)
        {
            Report(HistoryFaultKind.HeadMoved, $"it starts at {start}, but only {AllowedHead} events may be dropped");
        }

        foreach (var (sequence, seen) in common)
        {
            if (sequence > start && !final.Events.ContainsKey(sequence))
            {
                Report(HistoryFaultKind.Vanished, $"{seen} was read, but the stream ends at {end}");
            }
        }

        Dictionary<string, long> places = new(StringComparer.Ordinal);
        foreach (var (sequence, seen) in final.Events)
        {
            places[seen.Payload] = sequence;
        }

        foreach (var batch in _batches.Values)
        {
            CheckBatch(batch, places, final, start);
        }

        CheckProducers(places);
    }

    private void CheckBatch(SentBatch batch, Dictionary<string, long> places, ReaderView final, long start)
    {
        var found = batch.Payloads.Where(places.ContainsKey).Select(p => places[p]).ToArray();
        var earliest = batch.AckedNext is { } next ? next.Sequence - batch.Payloads.Count : batch.TailAckedBefore;
        var mayBeDropped = earliest < start;
        if (found.Length < batch.Payloads.Count && !mayBeDropped)
        {
            if (batch.Acked)
            {
                Report(HistoryFaultKind.Lost, $"{batch} was acked, {found.Length} of its events are there");
            }
            else if (found.Length > 0)
            {
                Report(HistoryFaultKind.Torn, $"{found.Length} events of {batch}");
            }
        }

        for (var i = 1; i < found.Length; i++)
        {
            if (found[i] != found[i - 1] + 1)
            {
                Report(HistoryFaultKind.Torn, $"{batch} lies at {string.Join(' ', found)}");
                break;
            }
        }

        if (found.Length > 0 && found[0] <= batch.TailAckedBefore)
        {
            Report(HistoryFaultKind.Reordered, $"{batch} lies at {found[0]} though {batch.TailAckedBefore} was acked before it was sent");
        }

        if (found.Length > 0 && batch.AckedNext is { } acked
            && (found[^1] != acked.Sequence || final.Events[found[^1]].Offset != acked))
        {
            Report(HistoryFaultKind.AckMisplaced, $"{batch} was acked at {acked}, it ends at {final.Events[found[^1]].Offset}");
        }
    }

    private void CheckProducers(Dictionary<string, long> places)
    {
        foreach (var batches in _batches.Values.GroupBy(b => b.Producer, StringComparer.Ordinal))
        {
            var last = 0L;
            foreach (var batch in batches.OrderBy(b => b.Number))
            {
                foreach (var payload in batch.Payloads)
                {
                    if (places.TryGetValue(payload, out var place))
                    {
                        if (place < last)
                        {
                            Report(HistoryFaultKind.Reordered, $"'{payload}' of {batch} lies at {place}, before an earlier one at {last}");
                        }

                        last = Math.Max(last, place);
                    }
                }
            }
        }
    }

    private SentBatch Batch(HistoryEntry entry) => _batches[(entry.Producer!, entry.Number)];

    private ReaderView View(HistoryEntry entry)
    {
        if (!_views.TryGetValue(entry.Reader!, out var view))
        {
            _views.Add(entry.Reader!, view = new ReaderView(entry.Reader!));
        }

        return view;
    }

    private void Report(HistoryFaultKind damage, string detail) => _found.Add(new HistoryFault(damage, $"{name}: {detail}"));
}
