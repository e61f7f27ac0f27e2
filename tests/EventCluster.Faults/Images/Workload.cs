using System.Net;
using System.Text;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Protocol;

namespace EventCluster.Faults.Images;

/// <summary>
/// Draws what is done to a store and remembers what was acknowledged: JSON, text and binary streams, producers, trims, closes,
/// forks, deletes and names that are used again.
/// </summary>
internal sealed class Workload(Random random)
{
    private const int Names = 24;
    private const int MostPayloadBytes = 3000;
    private const long TtlSeconds = 1_000_000_000;

    private static readonly string[] Types = ["application/json", "application/octet-stream", "text/plain; charset=utf-8"];

    private readonly Dictionary<string, WorkStream> _streams = new(StringComparer.Ordinal);
    private readonly HashSet<string> _busy = new(StringComparer.Ordinal);
    private int _next;

    /// <summary>Some operations on different streams, to be started together.</summary>
    /// <param name="directory">The streams.</param>
    /// <param name="count">How many.</param>
    /// <param name="mayTakeSeveralCommits">Forks take three commits, and a kill between them leaves a state of its own.</param>
    public IEnumerable<Func<Task>> Next(LocalStreamDirectory directory, int count, bool mayTakeSeveralCommits)
    {
        for (var i = 0; i < count; i++)
        {
            var name = $"s/{random.Next(Names)}";
            if (_busy.Add(name))
            {
                yield return Draw(directory, name, mayTakeSeveralCommits);
            }
        }
    }

    /// <summary>How every name must be answered now.</summary>
    public IReadOnlyDictionary<string, WorkAnswer> Answers() => Enumerable.Range(0, Names)
        .Select(number => $"s/{number}")
        .ToDictionary(
            name => name,
            name => _streams.TryGetValue(name, out var stream) ? stream.Answer() : new WorkAnswer(HttpStatusCode.NotFound, []),
            StringComparer.Ordinal);

    /// <summary>The store serves what this workload was told.</summary>
    public void Check(StoreState state)
    {
        var served = state.Parts.ToLookup(part => part.Stream, StringComparer.Ordinal);
        foreach (var (name, stream) in _streams)
        {
            var events = served[name].Where(part => part.Sequence >= 0).SelectMany(EventsOf).ToDictionary(e => e.Sequence, e => e.Text);
            for (var sequence = stream.FirstOwn; sequence < stream.Tail; sequence++)
            {
                if (events.GetValueOrDefault(sequence) != stream.Events[(int)sequence])
                {
                    throw new InvalidOperationException($"'{name}' serves another event at {sequence} than was acknowledged.");
                }
            }
        }
    }

    private static IEnumerable<(long Sequence, string Text)> EventsOf(StatePart part)
    {
        if (!EventBlock.TryDecode(part.Bytes, out var block, out var error))
        {
            throw new InvalidOperationException(error);
        }

        for (var i = 0; i < block.Count; i++)
        {
            yield return (block.FirstSequence + i, Convert.ToHexString(block.GetPayload(i).Span));
        }
    }

    private Func<Task> Draw(LocalStreamDirectory directory, string name, bool mayTakeSeveralCommits)
    {
        var handle = directory.GetStream(StreamName.Parse(name));
        if (!_streams.TryGetValue(name, out var stream))
        {
            var source = _streams.Values
                .Where(s => s.IsUsable && !_busy.Contains(s.Name))
                .OrderBy(s => s.Name, StringComparer.Ordinal)
                .Skip(random.Next(4))
                .FirstOrDefault();
            if (mayTakeSeveralCommits && source is not null && random.Next(3) == 0)
            {
                // Nothing else happens to the source meanwhile.
                _busy.Add(source.Name);
                return Track(name, () => ForkAsync(handle, name, source));
            }

            return Track(name, () => CreateAsync(handle, name));
        }

        if (stream.IsGone)
        {
            return Track(name, () => Task.CompletedTask);
        }

        // What forks hold ends in other ways; such a stream is appended to and trimmed only.
        var mayEnd = stream is { IsHeld: false, IsFork: false };
        return random.Next(50) switch
        {
            0 when mayEnd => Track(name, () => DeleteAsync(handle, stream)),
            0 when mayTakeSeveralCommits => Track(name, () => DeleteAsync(handle, stream)),
            1 when !stream.IsClosed && stream.Tail > 0 => Track(name, () => CloseAsync(handle, stream)),
            2 or 3 or 4 when stream.Tail > stream.FirstOwn => Track(name, () => TrimAsync(handle, stream)),
            _ when stream.IsClosed && mayEnd => Track(name, () => DeleteAsync(handle, stream)),
            _ when stream.IsClosed => Track(name, () => Task.CompletedTask),
            _ => Track(name, () => AppendAsync(handle, stream)),
        };
    }

    private Func<Task> Track(string name, Func<Task> operation) => async () =>
    {
        await operation();
        _busy.Remove(name);
    };

    private async Task CreateAsync(IStreamHandle handle, string name)
    {
        var type = Types[random.Next(Types.Length)];
        var events = random.Next(2) == 0 ? Draw(type, random.Next(1, 5)) : [];
        var outcome = await handle.CreateAsync(
            new CreateRequest
            {
                ContentType = StreamContentType.Parse(type),
                Events = events,
                // The real server reads these long after the virtual time at which they were made.
                TtlSeconds = random.Next(5) == 0 ? TtlSeconds : null,
                Retention = random.Next(5) == 0 ? new RetentionLimits(Events: 1_000) : RetentionLimits.None,
            },
            CancellationToken.None);
        var created = Expect<CreateOutcome.Created>(outcome);
        var stream = new WorkStream(name, type) { Incarnation = created.Descriptor.Incarnations.Latest.Incarnation };
        stream.Add(events);
        _streams.Add(name, stream);
    }

    private async Task ForkAsync(IStreamHandle handle, string name, WorkStream source)
    {
        source.IsHeld = true;
        var at = random.Next((int)source.Earliest, (int)source.Tail + 1);
        var offset = new StreamOffset(source.Incarnation, at);
        var outcome = await handle.CreateAsync(
            new CreateRequest { Fork = new ForkSpec(StreamName.Parse(source.Name), offset, FromStart: false, SubOffset: 0) },
            CancellationToken.None);
        var created = Expect<CreateOutcome.Created>(outcome);
        _busy.Remove(source.Name);
        _streams.Add(name, source.Fork(name, created.Descriptor.Incarnations.Latest.Incarnation, at));
    }

    private async Task AppendAsync(IStreamHandle handle, WorkStream stream)
    {
        var events = Draw(stream.Type, random.Next(1, 4));
        var producer = random.Next(3) == 0 ? $"p{random.Next(3)}" : null;
        var outcome = await handle.AppendAsync(
            new AppendRequest
            {
                ContentType = StreamContentType.Parse(stream.Type),
                Events = events,
                Producer = producer is null ? null : new ProducerStamp(producer, 0, stream.NextOf(producer)),
            },
            CancellationToken.None);
        Expect<AppendOutcome.Appended>(outcome);
        stream.Add(events);
    }

    private static async Task CloseAsync(IStreamHandle handle, WorkStream stream)
    {
        Expect<AppendOutcome.Appended>(await handle.AppendAsync(new AppendRequest { Close = true }, CancellationToken.None));
        stream.IsClosed = true;
    }

    private async Task TrimAsync(IStreamHandle handle, WorkStream stream)
    {
        var to = random.NextInt64(stream.FirstOwn + 1, stream.Tail + 1);
        Expect<TrimOutcome.Trimmed>(await handle.TrimAsync(new StreamOffset(stream.Incarnation, to), CancellationToken.None));
        stream.Earliest = to;
    }

    private async Task DeleteAsync(IStreamHandle handle, WorkStream stream)
    {
        Expect<DeleteOutcome.Deleted>(await handle.DeleteAsync(CancellationToken.None));
        if (stream.IsHeld)
        {
            // Its data stays for its forks, and its name is taken: only the checks of whole states see it from now on.
            (stream.IsGone, stream.IsClosed, stream.Earliest) = (true, true, stream.Tail);
            return;
        }

        _streams.Remove(stream.Name);
    }

    private ReadOnlyMemory<byte>[] Draw(string type, int count)
    {
        var events = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            var length = random.Next(4) == 0 ? random.Next(MostPayloadBytes) : random.Next(1, 200);
            if (type.StartsWith("application/o", StringComparison.Ordinal))
            {
                var bytes = new byte[length];
                random.NextBytes(bytes);
                events[i] = bytes;
                continue;
            }

            var text = $"{_next++}/{new string((char)('a' + random.Next(26)), length)}";
            events[i] = Encoding.UTF8.GetBytes(type == Types[0] ? $$"""{"n":"{{text}}"}""" : text);
        }

        return events;
    }

    private static T Expect<T>(object outcome)
        where T : class => outcome as T ?? throw new InvalidOperationException($"Expected {typeof(T).Name}, seen {outcome}.");
}
