using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Benchmarks.Store;

/// <summary>Owner of one stream that commits blocks of equal events straight to a store.</summary>
public sealed class StoreWriter
{
    private readonly ILogStore _store;
    private readonly StreamName _name;
    private readonly ReadOnlyMemory<byte> _payload;
    private readonly IncarnationList _incarnations;
    private readonly long _fence;
    private long _version;
    private long _tail;
    private long _earliest;

    private StoreWriter(ILogStore store, StreamName name, ReadOnlyMemory<byte> payload, long fence, long incarnation)
    {
        _store = store;
        _name = name;
        _payload = payload;
        _fence = fence;
        _incarnations = new IncarnationList(new IncarnationStart(incarnation, 0));
    }

    /// <summary>Creates the stream.</summary>
    public static async Task<StoreWriter> CreateAsync(ILogStore store, string name, ReadOnlyMemory<byte> payload)
    {
        var parsed = StreamName.Parse(name);
        var opened = await store.OpenAsync(parsed, CancellationToken.None);
        var writer = new StoreWriter(
            store, parsed, payload, opened.Fence, await store.DrawIncarnationAsync(CancellationToken.None));
        await writer.CommitAsync(new StreamCommit
        {
            Name = parsed,
            Fence = opened.Fence,
            ExpectedVersion = 0,
            CommitId = 1,
            Head = writer.Head(0),
            State = new byte[] { 1 },
            Incarnations = writer._incarnations,
        });
        return writer;
    }

    /// <summary>Commits one block of events.</summary>
    public async Task AppendAsync(int events)
    {
        var payloads = new ReadOnlyMemory<byte>[events];
        Array.Fill(payloads, _payload);
        var block = EventBlock.Encode(_incarnations.Latest.Incarnation, _tail, payloads, new long[events]);
        await CommitAsync(Next(_tail + events) with { Block = block });
        _tail += events;
    }

    /// <summary>Commits one purge of all events but the newest ones.</summary>
    public async Task TrimToAsync(int keep)
    {
        var earliest = _tail - keep;
        if (earliest > _earliest)
        {
            var range = new SequenceRange(_earliest, earliest);
            _earliest = earliest;
            await CommitAsync(Next(_tail) with { Purges = [range] });
        }
    }

    private StreamCommit Next(long tail) => new()
    {
        Name = _name,
        Fence = _fence,
        ExpectedVersion = _version,
        CommitId = (UInt128)(_version + 1),
        Head = Head(tail),
    };

    private StreamHead Head(long tail) => new(tail, _earliest, (tail - _earliest) * _payload.Length, 0, StreamHead.NeverDue);

    private async Task CommitAsync(StreamCommit commit)
    {
        var status = await _store.CommitAsync(commit, CancellationToken.None);
        if (status != CommitStatus.Committed)
        {
            throw new InvalidOperationException($"{_name}: a commit was answered with {status}.");
        }

        _version++;
    }
}
