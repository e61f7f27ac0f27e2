using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.TestKit;

/// <summary>
/// A store whose commits and opens fail on purpose: by a plan (the next commits, one fault each), by gates that hold
/// commits until they are let go, and by seeded probabilities. Everything else reaches the inner store unchanged.
/// </summary>
public sealed class FaultyLogStore(ILogStore inner, Random random) : DecoratedLogStore(inner)
{
    private readonly Lock _lock = new();
    private readonly Queue<CommitFault> _plan = new();
    private readonly Dictionary<CommitFault, int> _counts = [];
    private TaskCompletionSource? _gate;
    private TaskCompletionSource? _answerGate;
    private TaskCompletionSource? _stampGate;
    private readonly List<int> _questions = [];
    private int _held;
    private int _commits;

    /// <summary>Probability of each fault per commit, applied when nothing is planned.</summary>
    public IDictionary<CommitFault, double> Probabilities { get; } = new Dictionary<CommitFault, double>();

    /// <summary>Probability that an open throws.</summary>
    public double OpenFailureProbability { get; set; }

    /// <summary>The next opens throw.</summary>
    public int OpensToFail { get; set; }

    /// <summary>Streams that cannot be opened, as damaged ones.</summary>
    public Predicate<StreamName> IsDamaged { get; set; } = static _ => false;

    /// <summary>The medium does not answer: every call says so.</summary>
    public bool IsUnreachable { get; set; }

    /// <summary>Every commit gives the others a turn before it reaches the store, so that commands gather behind it.</summary>
    public bool YieldsBeforeCommits { get; set; }

    /// <summary>Commits that wait at the gate now.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>Commits that were asked for so far.</summary>
    public int Commits => Volatile.Read(ref _commits);

    /// <summary>How many streams each question about heads was about, in the order they were sent.</summary>
    public IReadOnlyList<int> Questions
    {
        get
        {
            lock (_lock)
            {
                return [.. _questions];
            }
        }
    }

    /// <summary>How often each fault happened.</summary>
    public IReadOnlyDictionary<CommitFault, int> Counts
    {
        get
        {
            lock (_lock)
            {
                return new Dictionary<CommitFault, int>(_counts);
            }
        }
    }

    /// <summary>Plans faults for the next commits, one each; <see cref="CommitFault.None"/> lets one pass.</summary>
    public void Plan(params ReadOnlySpan<CommitFault> faults)
    {
        lock (_lock)
        {
            foreach (var fault in faults)
            {
                _plan.Enqueue(fault);
            }
        }
    }

    /// <summary>Holds every commit from now on, until <see cref="LetGo"/>.</summary>
    public void Hold()
    {
        lock (_lock)
        {
            _gate ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets commits land, but holds their answers until <see cref="LetGo"/>.</summary>
    public void HoldAnswers()
    {
        lock (_lock)
        {
            _answerGate ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets the store look at heads that are asked for, but holds the answers until <see cref="LetGo"/>.</summary>
    public void HoldStamps()
    {
        lock (_lock)
        {
            _stampGate ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Lets what is held go, and holds no more.</summary>
    public void LetGo()
    {
        TaskCompletionSource? gate;
        TaskCompletionSource? answers;
        TaskCompletionSource? stamps;
        lock (_lock)
        {
            (gate, answers, stamps) = (_gate, _answerGate, _stampGate);
            (_gate, _answerGate, _stampGate) = (null, null, null);
        }

        gate?.TrySetResult();
        answers?.TrySetResult();
        stamps?.TrySetResult();
    }

    /// <inheritdoc />
    public override async ValueTask<IReadOnlyList<HeadStamp>> GetStampsAsync(
        IReadOnlyList<StreamName> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        lock (_lock)
        {
            _questions.Add(names.Count);
        }

        var stamps = await Inner.GetStampsAsync(names, cancellationToken);
        await PassAsync(ref _stampGate);
        return stamps;
    }

    /// <inheritdoc />
    public override async ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _commits);
        if (YieldsBeforeCommits)
        {
            await Task.Yield();
        }

        await PassAsync(ref _gate);
        CheckReachable();
        var fault = NextFault();
        switch (fault)
        {
            case CommitFault.Conflict:
                // As after a takeover that was given up: somebody else opened the stream and wrote nothing.
                await base.Inner.OpenAsync(commit.Name, cancellationToken);
                return await base.Inner.CommitAsync(commit, cancellationToken);
            case CommitFault.Full:
                return CommitStatus.Full;
            case CommitFault.Refused:
                return CommitStatus.Refused;
            case CommitFault.FailBefore:
                throw new IOException("The commit failed before it landed (planned).");
            default:
                var status = await base.Inner.CommitAsync(commit, cancellationToken);
                await PassAsync(ref _answerGate);
                return fault == CommitFault.FailAfter
                    ? throw new IOException("The commit failed after it landed (planned).")
                    : status;
        }
    }

    /// <inheritdoc />
    public override ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        CheckReachable();
        lock (_lock)
        {
            if (IsDamaged(name) || OpensToFail > 0 || (OpenFailureProbability > 0 && random.NextDouble() < OpenFailureProbability))
            {
                OpensToFail = Math.Max(0, OpensToFail - 1);
                throw new IOException("The open failed (planned).");
            }
        }

        return base.Inner.OpenAsync(name, cancellationToken);
    }

    /// <inheritdoc />
    protected override ILogStore Inner
    {
        get
        {
            CheckReachable();
            return base.Inner;
        }
    }

    private void CheckReachable()
    {
        if (IsUnreachable)
        {
            throw new StoreUnreachableException("The store does not answer (planned).");
        }
    }

    private Task PassAsync(ref TaskCompletionSource? gate)
    {
        lock (_lock)
        {
            return gate is null ? Task.CompletedTask : WaitAsync(gate.Task);
        }
    }

    private async Task WaitAsync(Task gate)
    {
        Interlocked.Increment(ref _held);
        await gate;
        Interlocked.Decrement(ref _held);
    }

    private CommitFault NextFault()
    {
        lock (_lock)
        {
            if (!_plan.TryDequeue(out var fault))
            {
                fault = Roll();
            }

            _counts[fault] = _counts.GetValueOrDefault(fault) + 1;
            return fault;
        }
    }

    private CommitFault Roll()
    {
        foreach (var (fault, probability) in Probabilities)
        {
            if (random.NextDouble() < probability)
            {
                return fault;
            }
        }

        return CommitFault.None;
    }
}
