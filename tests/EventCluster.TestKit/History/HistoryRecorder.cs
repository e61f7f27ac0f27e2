using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.TestKit.History;

/// <summary>
/// Collects what producers and readers saw, in the order in which it happened. Record an attempt before sending and an
/// acknowledgement after it arrived: then "acknowledged before sent" is true of the run. Safe to use from many threads.
/// </summary>
public sealed class HistoryRecorder
{
    private readonly Lock _lock = new();
    private readonly List<HistoryEntry> _entries = [];

    /// <summary>A copy of everything so far.</summary>
    public IReadOnlyList<HistoryEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>Adds an entry.</summary>
    public void Add(HistoryEntry entry)
    {
        lock (_lock)
        {
            _entries.Add(entry);
        }
    }

    /// <summary>An append is about to be sent, for the first time or again.</summary>
    public void Attempt(string stream, string producer, long number, IReadOnlyList<string> payloads) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Attempt,
        Stream = stream,
        Producer = producer,
        Number = number,
        Payloads = payloads,
    });

    /// <summary>An append was acknowledged.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="producer">The producer.</param>
    /// <param name="number">The append.</param>
    /// <param name="next">Position after it, when the answer named that (a duplicate's answer does not).</param>
    public void Acknowledge(string stream, string producer, long number, StreamOffset? next) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Acknowledge,
        Stream = stream,
        Producer = producer,
        Number = number,
        Offset = next?.ToString(),
    });

    /// <summary>An append was refused for good.</summary>
    public void Refuse(string stream, string producer, long number) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Refuse,
        Stream = stream,
        Producer = producer,
        Number = number,
    });

    /// <summary>A reader begins at a position; null for the very first of the stream.</summary>
    public void Start(string stream, string reader, StreamOffset? from) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Start,
        Stream = stream,
        Reader = reader,
        Offset = from?.ToString(),
    });

    /// <summary>A reader saw an event.</summary>
    public void Observe(string stream, string reader, StreamOffset offset, string payload) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Observe,
        Stream = stream,
        Reader = reader,
        Offset = offset.ToString(),
        Payloads = [payload],
    });

    /// <summary>A reader was told of a gap and goes on at a position.</summary>
    public void Gap(string stream, string reader, StreamOffset goesOnAt) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Gap,
        Stream = stream,
        Reader = reader,
        Offset = goesOnAt.ToString(),
    });

    /// <summary>Events before a position may be missing from now on.</summary>
    public void Trim(string stream, StreamOffset before) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Trim,
        Stream = stream,
        Offset = before.ToString(),
    });

    /// <summary>A stream inherits its source's events before a position.</summary>
    public void Fork(string stream, string source, StreamOffset point) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Fork,
        Stream = stream,
        Source = source,
        Offset = point.ToString(),
    });

    /// <summary>This reader read from its last start to the tail after everything else ended.</summary>
    public void Final(string stream, string reader) => Add(new HistoryEntry
    {
        Kind = HistoryEntryKind.Final,
        Stream = stream,
        Reader = reader,
    });

    /// <summary>Writes one JSON object per line.</summary>
    public void Save(TextWriter writer)
    {
        foreach (var entry in Entries)
        {
            writer.WriteLine(JsonSerializer.Serialize(entry));
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public static IReadOnlyList<HistoryEntry> Load(TextReader reader)
    {
        var entries = new List<HistoryEntry>();
        while (reader.ReadLine() is { } line)
        {
            entries.Add(JsonSerializer.Deserialize<HistoryEntry>(line)
                ?? throw new InvalidDataException($"Not a history entry: {line}"));
        }

        return entries;
    }
}
