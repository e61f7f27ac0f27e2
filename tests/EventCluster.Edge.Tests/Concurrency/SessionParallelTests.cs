using System.Collections.Concurrent;
using CsCheck;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Edge.Tests.Concurrency;

/// <summary>What sessions do on several threads, against all orders of the same operations on one.</summary>
public sealed class SessionParallelTests
{
    private const int Requests = 6;

    /// <summary>Outcomes arrive on any thread in any order: the answers of each stream come out in the order of the requests.</summary>
    [Fact]
    public void AnswerOrder_OutcomesOnManyThreads_KeepsTheOrderOfRequests() =>
        Gen.Int[0, 1].Array[Requests].Select(static streams => new Answers(streams)).SampleParallel(
            Gen.Int[0, Requests - 1].Operation<Answers>(static i => $"complete {i}", static (answers, i) => answers.Complete(i)),
            Gen.Int[0, Requests - 1].Operation<Answers>(static i => $"take {i}", static (answers, i) => answers.TakeAndEnd(i)),
            equal: static (one, other) => one.IsInOrder && other.IsInOrder && one.Given.Order().SequenceEqual(other.Given.Order()),
            iter: ParallelRuns.Iterations, maxParallelOperations: ParallelRuns.Operations, threads: ParallelRuns.Threads);

    /// <summary>A post and the hand-off to the pump never miss each other: whoever is on the pump was told of what is posted.</summary>
    [Fact]
    public void PumpInterrupt_PostsWhileHandedOff_NothingIsMissed() =>
        Gen.Const(0).Select(static _ => new Hand()).SampleParallel(
            Gen.Operation<Hand>("post", static hand => hand.Post()),
            Gen.Operation<Hand>("hand off", static hand => hand.HandOff()),
            equal: static (one, other) => one.IsSound && other.IsSound && one.Posted == other.Posted,
            iter: ParallelRuns.Iterations, maxParallelOperations: ParallelRuns.Operations, threads: ParallelRuns.Threads);

    /// <summary>The same at one point in time: two threads that meet as closely as they can, again and again.</summary>
    [Fact]
    public void PumpInterrupt_PostAndHandOffAtOnce_OneSeesTheOther()
    {
        var rounds = (int)Math.Min(ParallelRuns.Iterations * 500, int.MaxValue);
        var hands = Enumerable.Range(0, rounds).Select(static _ => new Hand()).ToArray();
        var (at, meeting) = (-1, 0);
        var poster = new Thread(() => Meet(static hand => hand.Post())) { IsBackground = true };
        poster.Start();
        Meet(static hand => hand.HandOff());
        poster.Join();
        Assert.All(hands, static hand => Assert.True(hand.IsSound));

        void Meet(Action<Hand> action)
        {
            for (var i = 0; i < rounds; i++)
            {
                if (Interlocked.Increment(ref meeting) == 2 * (i + 1))
                {
                    Volatile.Write(ref at, i);
                }

                var spin = default(SpinWait);
                while (Volatile.Read(ref at) < i)
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }

                action(hands[i]);
            }
        }
    }

    private sealed class Answers
    {
        private readonly AnswerOrder _order = new();
        private readonly AnswerOrder.Answer[] _answers;
        private readonly int[] _streams;
        private readonly int[] _isReady = new int[Requests];
        private readonly ConcurrentQueue<int> _given = new();

        public Answers(int[] streams)
        {
            StreamName[] names = [TestData.Name("a"), TestData.Name("b")];
            _streams = streams;
            _answers = [.. streams.Select(stream => _order.Begin(names[stream]))];
        }

        public IEnumerable<int> Given => _given;

        /// <summary>For each stream: the requests in order, none left out.</summary>
        public bool IsInOrder => new[] { 0, 1 }.All(stream =>
        {
            var expected = Enumerable.Range(0, Requests).Where(i => _streams[i] == stream).TakeWhile(i => Volatile.Read(ref _isReady[i]) == 1);
            return _given.Where(i => _streams[i] == stream).SequenceEqual(expected);
        });

        public void Complete(int i)
        {
            if (Interlocked.Exchange(ref _isReady[i], 1) == 0)
            {
                _order.Complete(_answers[i], () => _given.Enqueue(i));
            }
        }

        public void TakeAndEnd(int i)
        {
            if (Interlocked.Exchange(ref _isReady[i], 1) == 0)
            {
                _order.Take(_answers[i], () =>
                {
                    _given.Enqueue(i);
                    _order.End(_answers[i]);
                });
            }
        }
    }

    private sealed class Hand
    {
        private readonly PumpInterrupt _interrupt = new();
        private readonly ConcurrentQueue<int> _posts = new();
        private CancellationToken? _onPump;

        public int Posted => _posts.Count;

        /// <summary>Nobody is on the pump untold while something is posted.</summary>
        public bool IsSound => _onPump is not { } interrupted || interrupted.IsCancellationRequested || _posts.IsEmpty;

        public void Post()
        {
            _posts.Enqueue(1);
            _interrupt.Raise();
        }

        public void HandOff()
        {
            lock (_posts)
            {
                // One loop hands off; it does so again only after it left the pump.
                if (_onPump is null)
                {
                    var interrupted = _interrupt.Arm();
                    _onPump = _posts.IsEmpty ? interrupted : null;
                }
            }
        }
    }
}
