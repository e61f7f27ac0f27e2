using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Core.Running;

/// <summary>
/// Asks the store for the heads of streams, so that what an owner remembers may be called the newest (CORRECTNESS rule 27).
/// One question is in flight; all streams that are asked for meanwhile go together with the next one. No request joins a
/// question that was sent before it came: that one may have been read by the store before the request was made.
/// </summary>
internal sealed class HeadConfirmer(RunnerContext context)
{
    /// <summary>Streams of one question.</summary>
    public const int MaxStreamsPerQuestion = 1_000;

    /// <summary>Requests that wait for a question; more are answered as if the store did not answer.</summary>
    public const int MaxWaiting = 100_000;

    /// <summary>How long one question may take.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    /// <summary>
    /// An answer that took longer proves too little: the process or its machine may have stood still with the answer in its
    /// hands. It is asked once more.
    /// </summary>
    public static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(1);

    private readonly TaskScheduler _scheduler = TaskScheduler.Current;
    private readonly Lock _gate = new();
    private readonly Queue<Round> _rounds = new();
    private Round? _open;
    private int _waiting;
    private bool _isAsking;
    private StoreUnreachableException? _lastFault;

    /// <summary>Why the last question was not answered; null when it was.</summary>
    public StoreUnreachableException? LastFault => Volatile.Read(ref _lastFault);

    /// <summary>Requests that wait for a question now.</summary>
    internal int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Asks for a stream with a question that is sent after this call.</summary>
    /// <exception cref="StoreUnreachableException">The store did not answer in time.</exception>
    public async ValueTask<HeadConfirmation> AskAsync(StreamName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Round round;
        int place;
        var isFirst = false;
        lock (_gate)
        {
            if (Waiting >= MaxWaiting)
            {
                throw new StoreUnreachableException($"{MaxWaiting} reads wait for the store's confirmation, which is the limit.");
            }

            if (_open is null || !_open.TryAdd(name, out place))
            {
                _open = new Round();
                _open.TryAdd(name, out place);
                _rounds.Enqueue(_open);
            }

            // Not by ++ under the lock: who leaves counts without it, and a lost step down would stay for ever.
            round = _open;
            Interlocked.Increment(ref _waiting);
            if (!_isAsking)
            {
                isFirst = _isAsking = true;
            }
        }

        try
        {
            if (isFirst)
            {
                StartAsking();
            }

            var answer = await round.Answer.WaitAsync(cancellationToken);
            return new HeadConfirmation(answer.Stamps[place], answer.Question, answer.AskedAt);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Asks only whether the store answers now, past everything that waits.</summary>
    /// <exception cref="StoreUnreachableException">It does not.</exception>
    public async ValueTask ProbeAsync()
    {
        try
        {
            await AskAsync([], mayAskAgain: false);
            Volatile.Write(ref _lastFault, null);
        }
        catch (Exception e)
        {
            throw Note(e);
        }
    }

    private StoreUnreachableException Note(Exception exception)
    {
        // Whatever it is, nothing is known about the heads; the store reports its own faults.
        var fault = exception as StoreUnreachableException
            ?? new StoreUnreachableException("The store did not confirm the newest state of the stream.", exception);
        Volatile.Write(ref _lastFault, fault);
        return fault;
    }

    private void StartAsking()
    {
        // The questions serve many callers. What the first one carries with it (a trace, a request) is not theirs, nor is its
        // scheduler, which is a grain's that may be busy or gone.
        if (ExecutionContext.IsFlowSuppressed())
        {
            Start();
            return;
        }

        using (ExecutionContext.SuppressFlow())
        {
            Start();
        }

        void Start() => _ = TaskScheduler.Current == _scheduler
            ? RunAsync()
            : Task.Factory.StartNew(
                static confirmer => ((HeadConfirmer)confirmer!).RunAsync(),
                this,
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach,
                _scheduler);
    }

    private async Task RunAsync()
    {
        while (TryTake(out var round))
        {
            try
            {
                var answer = await AskAsync(round.Names, mayAskAgain: true);
                Volatile.Write(ref _lastFault, null);
                round.Complete(answer);
            }
            catch (Exception e)
            {
                round.Fail(Note(e));
            }
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Round? round)
    {
        lock (_gate)
        {
            if (!_rounds.TryDequeue(out round))
            {
                _isAsking = false;
                return false;
            }

            if (ReferenceEquals(round, _open))
            {
                // Sent from here on: who comes now waits for the next one.
                _open = null;
            }

            return true;
        }
    }

    private async ValueTask<RoundAnswer> AskAsync(List<StreamName> names, bool mayAskAgain)
    {
        var (question, askedAt) = (context.NoteQuestion(), context.Clock.Read());
        IReadOnlyList<HeadStamp> stamps;
        var pending = context.Store.GetStampsAsync(names, CancellationToken.None);
        if (pending.IsCompleted)
        {
            stamps = await pending;
        }
        else
        {
            stamps = await WithinDeadlineAsync(pending.AsTask());
        }

        if (context.Clock.AgeOf(askedAt) <= LongestAnswer)
        {
            context.NoteAnswered(askedAt);
            return new RoundAnswer(stamps, question, askedAt);
        }

        return mayAskAgain
            ? await AskAsync(names, mayAskAgain: false)
            : throw new StoreUnreachableException(
                $"The store took more than {LongestAnswer.TotalSeconds} s to confirm the newest state of the stream.");
    }

    private async Task<IReadOnlyList<HeadStamp>> WithinDeadlineAsync(Task<IReadOnlyList<HeadStamp>> pending)
    {
        try
        {
            return await pending.WaitAsync(Deadline, context.Clock.Time);
        }
        catch (TimeoutException e) when (!pending.IsFaulted)
        {
            // Observed, so that its late failure is not reported as unobserved.
            _ = pending.ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw new StoreUnreachableException(
                $"The store did not confirm the newest state of the stream within {Deadline.TotalSeconds} s.", e);
        }
    }

    private readonly record struct RoundAnswer(IReadOnlyList<HeadStamp> Stamps, long Question, ClockReading AskedAt);

    /// <summary>The streams of one question.</summary>
    private sealed class Round
    {
        private readonly TaskCompletionSource<RoundAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Dictionary<StreamName, int>? _places;

        public List<StreamName> Names { get; } = [];

        public Task<RoundAnswer> Answer => _answer.Task;

        /// <summary>Adds a stream, once; false when the question is full. Under the confirmer's lock.</summary>
        public bool TryAdd(StreamName name, out int place)
        {
            // Most questions are about one stream.
            if (Names.Count > 0 && Names[0] == name)
            {
                place = 0;
                return true;
            }

            if (_places is not null && _places.TryGetValue(name, out place))
            {
                return true;
            }

            place = Names.Count;
            if (place == MaxStreamsPerQuestion)
            {
                return false;
            }

            if (place > 0)
            {
                (_places ??= []).Add(name, place);
            }

            Names.Add(name);
            return true;
        }

        public void Complete(RoundAnswer answer) => _answer.TrySetResult(answer);

        public void Fail(StoreUnreachableException fault)
        {
            _answer.TrySetException(fault);

            // Everyone who waited may have left.
            _ = _answer.Task.Exception;
        }
    }
}
