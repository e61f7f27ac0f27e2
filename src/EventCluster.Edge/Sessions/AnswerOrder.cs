using System.Runtime.CompilerServices;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>
/// The answers to one connection's requests, in the order of the requests of each stream. An owner decides them in that order
/// (CORRECTNESS rule 1), but the threads that carry its outcomes may overtake one another. Answers of different streams do
/// not wait for one another. For any thread; bounded by what its connection admits.
/// </summary>
internal sealed class AnswerOrder
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StreamName, Answer> _last = [];

    /// <summary>Whether a request for a stream has no answer yet.</summary>
    public bool HasOpen(StreamName stream)
    {
        lock (_gate)
        {
            return _last.ContainsKey(stream);
        }
    }

    /// <summary>A request arrived; call in the order of requests.</summary>
    public Answer Begin(StreamName stream)
    {
        lock (_gate)
        {
            var answer = new Answer(this, stream);
            if (_last.TryGetValue(stream, out var before))
            {
                before.Next = answer;
            }
            else
            {
                answer.IsFirst = true;
            }

            _last[stream] = answer;
            return answer;
        }
    }

    /// <summary>Runs something when all earlier answers are given, and gives the answer with it.</summary>
    public void Complete(Answer answer, Action onTurn) => Take(answer, onTurn, endsWithTurn: true);

    /// <summary>Runs something when all earlier answers are given; the answer is given by <see cref="End"/>.</summary>
    public void Take(Answer answer, Action onTurn) => Take(answer, onTurn, endsWithTurn: false);

    /// <summary>The answer is given, after <see cref="Take(Answer, Action)"/> and within or after its turn.</summary>
    public void End(Answer answer)
    {
        lock (_gate)
        {
            if (answer.IsEnded)
            {
                return;
            }

            answer.IsEnded = true;
            if (!answer.HasRun)
            {
                // Its turn is running just now; the thread that runs it goes on.
                return;
            }
        }

        RunFrom(Advance(answer));
    }

    private void Take(Answer answer, Action onTurn, bool endsWithTurn)
    {
        lock (_gate)
        {
            (answer.OnTurn, answer.EndsWithTurn) = (onTurn, endsWithTurn);
            if (!answer.IsFirst)
            {
                return;
            }
        }

        RunFrom(answer);
    }

    /// <summary>One thread at a time is here for a stream: the one that made its first answer ready.</summary>
    private void RunFrom(Answer? answer)
    {
        while (answer is not null)
        {
            answer.OnTurn!();
            lock (_gate)
            {
                answer.HasRun = true;
                answer.IsEnded |= answer.EndsWithTurn;
                if (!answer.IsEnded)
                {
                    return;
                }
            }

            answer = Advance(answer);
        }
    }

    /// <summary>The next answer if it is ready.</summary>
    private Answer? Advance(Answer answer)
    {
        lock (_gate)
        {
            if (answer.Next is not { } next)
            {
                _last.Remove(answer.Stream);
                return null;
            }

            next.IsFirst = true;
            return next.OnTurn is null ? null : next;
        }
    }

    /// <summary>One answer. Awaiting it makes it ready: what follows runs in its turn, and the next turn comes when that is over.</summary>
    internal sealed class Answer(AnswerOrder order, StreamName stream) : ICriticalNotifyCompletion
    {
        public StreamName Stream => stream;

        public Answer? Next { get; set; }

        public Action? OnTurn { get; set; }

        public bool IsFirst { get; set; }

        public bool EndsWithTurn { get; set; }

        public bool HasRun { get; set; }

        public bool IsEnded { get; set; }

        /// <summary>Never: what awaits has to be registered before it runs, so that the turn ends after it.</summary>
        public bool IsCompleted => false;

        public Answer GetAwaiter() => this;

        public void GetResult()
        {
        }

        public void OnCompleted(Action continuation) => order.Complete(this, continuation);

        public void UnsafeOnCompleted(Action continuation) => order.Complete(this, continuation);
    }
}
