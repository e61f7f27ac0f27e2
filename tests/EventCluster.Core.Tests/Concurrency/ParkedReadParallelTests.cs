using System.Diagnostics.CodeAnalysis;
using CsCheck;
using EventCluster.Core.Running;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Core.Tests.Concurrency;

/// <summary>A parked read is woken, cancelled and timed out on several threads: it ends once, for a reason that some order explains.</summary>
public sealed class ParkedReadParallelTests
{
    private static readonly long Iterations =
        Environment.GetEnvironmentVariable("EVENTCLUSTER_PARALLEL_ITERATIONS") is { Length: > 0 } text ? long.Parse(text) : 60;

    [Fact]
    public void Wake_OnManyThreads_EndsOnceForOneOfTheReasons() =>
        Gen.Const(0).Select(static _ => new Parked()).SampleParallel(
            Gen.Operation<Parked>("changed", static parked => parked.Wake(WakeReason.Changed)),
            Gen.Operation<Parked>("moved", static parked => parked.Wake(WakeReason.Moved)),
            Gen.Operation<Parked>("cancel", static parked => parked.Cancel()),
            Gen.Operation<Parked>("time passes", static parked => parked.TimeOut()),
            equal: static (one, other) => one.Reason == other.Reason,
            iter: Iterations, maxSequentialOperations: 0, maxParallelOperations: 5, threads: 3);

    /// <summary>Waits follow one another on the same object while late calls of the one before still come.</summary>
    [Fact]
    public void Wait_AgainAndAgainWhileWokenFromElsewhere_EachWaitEndsOnce() =>
        Gen.Const(0).Select(static _ => new Parked()).SampleParallel(
            Gen.Operation<Parked>("changed", static parked => parked.Wake(WakeReason.Changed)),
            Gen.Operation<Parked>("time passes", static parked => parked.TimeOut()),
            Gen.Operation<Parked>("wait again", static parked => parked.WaitAgain()),
            equal: static (one, other) => one.EndsWhenWoken() && other.EndsWhenWoken(),
            iter: Iterations, maxParallelOperations: 5, threads: 3);

    [SuppressMessage("Design", "CA1001", Justification = "The library makes cases and knows no end of them; each ends itself.")]
    private sealed class Parked
    {
        private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

        private readonly VirtualTimeProvider _clock = new();
        private readonly CancellationTokenSource _cancel = new();
        private readonly Lock _reader = new();
        private readonly ParkedRead _read;
        private Task<WakeReason> _waiting;

        public Parked()
        {
            _read = new ParkedRead(_clock);
            _waiting = Begin();
        }

        /// <summary>What the wait ended with; null while it goes on.</summary>
        public WakeReason? Reason
        {
            get
            {
                // Completions are queued, so one that was decided is given a moment to arrive.
                _waiting.Wait(TimeSpan.FromMilliseconds(_isWoken ? 10_000 : 0));
                return _waiting.IsCompletedSuccessfully ? _waiting.GetAwaiter().GetResult() : null;
            }
        }

        private volatile bool _isWoken;

        public void Wake(WakeReason reason)
        {
            _read.Wake(reason);
            _isWoken = true;
        }

        public void Cancel()
        {
            // A source that is being cancelled by another thread returns at once, before the read has heard of it.
            lock (_cancel)
            {
                _cancel.Cancel();
            }

            _isWoken = true;
        }

        public void TimeOut()
        {
            _clock.Advance(Wait + Wait);
            _isWoken = true;
        }

        /// <summary>The one reader: it waits again only after its wait ended.</summary>
        public void WaitAgain()
        {
            lock (_reader)
            {
                if (_waiting.IsCompleted)
                {
                    _read.Disarm();
                    _waiting = Begin();
                }
            }
        }

        public bool EndsWhenWoken()
        {
            _read.Wake(WakeReason.Moved);
            return _waiting.Wait(Phase.HangGuard);
        }

        private Task<WakeReason> Begin()
        {
            _read.Begin();
            return _read.WaitAsync(_clock.GetTimestamp(), Wait, _cancel.Token).AsTask();
        }
    }
}
