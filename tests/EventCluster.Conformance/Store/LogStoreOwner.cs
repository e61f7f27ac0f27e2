using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Conformance.Store;

/// <summary>A stream's owner as the suites need one: opens, builds the next commit, and follows what was committed.</summary>
public sealed class LogStoreOwner
{
    private readonly ILogStore _store;

    private LogStoreOwner(ILogStore store, StreamName name, OpenedStream opened)
    {
        _store = store;
        Name = name;
        Opened = opened;
        Fence = opened.Fence;
        Version = opened.Head?.Version ?? 0;
        Head = opened.Head?.Head ?? new StreamHead(0, 0, 0, 0, StreamHead.NeverDue);
        Incarnations = opened.Head?.Incarnations;
    }

    public StreamName Name { get; }

    /// <summary>What opening answered.</summary>
    public OpenedStream Opened { get; }

    public long Fence { get; }

    public long Version { get; private set; }

    public StreamHead Head { get; private set; }

    public IncarnationList? Incarnations { get; private set; }

    public static async Task<LogStoreOwner> OpenAsync(ILogStore store, string name, CancellationToken cancellationToken)
    {
        var parsed = StreamName.Parse(name);
        return new LogStoreOwner(store, parsed, await store.OpenAsync(parsed, cancellationToken));
    }

    /// <summary>The next commit: creates the stream (incarnation drawn by the caller, default 1) or appends the events.</summary>
    public StreamCommit Next(params ReadOnlySpan<string> events) => Build(1, events);

    /// <summary>The creating commit under a given incarnation.</summary>
    public StreamCommit Create(long incarnation, params ReadOnlySpan<string> events) => Build(incarnation, events);

    /// <summary>Sends a commit and follows it when it lands.</summary>
    public async Task<CommitStatus> SendAsync(StreamCommit commit)
    {
        var status = await _store.CommitAsync(commit, CancellationToken.None);
        if (status == CommitStatus.Committed)
        {
            Version = commit.Remove ? 0 : commit.ExpectedVersion + 1;
            Head = commit.Remove ? default : commit.Head;
            Incarnations = commit.Remove ? null : commit.Incarnations ?? Incarnations;
        }

        return status;
    }

    /// <summary>Sends a commit that must land.</summary>
    public async Task CommitAsync(StreamCommit commit)
    {
        var status = await SendAsync(commit);
        if (status != CommitStatus.Committed)
        {
            throw new InvalidOperationException($"A commit of '{Name}' was answered {status}.");
        }
    }

    /// <summary>Commits the events as one block.</summary>
    public Task AppendAsync(params string[] events) => CommitAsync(Next(events));

    /// <summary>Opens a new history at the tail.</summary>
    public Task StartHistoryAsync(long incarnation) =>
        CommitAsync(Next() with { Incarnations = Incarnations!.Add(incarnation, Head.Tail) });

    /// <summary>Removes the stream.</summary>
    public Task RemoveAsync() => CommitAsync(Next() with { Remove = true });

    /// <summary>Reads one history's range.</summary>
    public async Task<IReadOnlyList<EventBlock>> ReadAsync(long incarnation, long from, long to, int maxBytes = 1 << 24) =>
        await _store.ReadAsync(new BlockRange(Name, incarnation, from, to), maxBytes, CancellationToken.None);

    private StreamCommit Build(long incarnation, ReadOnlySpan<string> events)
    {
        var creates = Version == 0;
        var histories = Incarnations ?? new IncarnationList(new IncarnationStart(incarnation, 0));
        EventBlock? block = events.IsEmpty
            ? null
            : TestData.Block(histories.Latest.Incarnation, Head.Tail, events);
        return new StreamCommit
        {
            Name = Name,
            Fence = Fence,
            ExpectedVersion = Version,
            CommitId = new UInt128((ulong)Fence, (ulong)Version + 1),
            Block = block,
            Head = Head with
            {
                Tail = Head.Tail + events.Length,
                RetainedBytes = Head.RetainedBytes + (block?.PayloadBytes ?? 0),
                LastEventMilliseconds = block?.LastTimeMilliseconds ?? Head.LastEventMilliseconds,
                DueAtMilliseconds = creates ? StreamHead.NeverDue : Head.DueAtMilliseconds,
            },
            State = creates ? TestData.Payload($"state of {Name}") : (ReadOnlyMemory<byte>?)null,
            Incarnations = creates ? histories : null,
        };
    }
}
