using System.Collections.Concurrent;
using EventCluster.Orleans.Hosting;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace EventCluster.Orleans.Tests.Hosting;

/// <summary>What counts as a pause of the process.</summary>
public sealed class StallWatchTests
{
    private readonly VirtualTimeProvider _time = new();
    private readonly Clock _clock;
    private readonly Membership _membership = new();
    private readonly Lines _lines = new();

    public StallWatchTests() => _clock = new Clock(_time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_LongAfterTheMachine_IsNoPause()
    {
        _time.Advance(TimeSpan.FromDays(30));
        using var watch = await StartAsync();

        await TurnsAsync(5);

        Assert.Empty(_lines.Written);
        Assert.Equal(0, _membership.Refreshes);
    }

    /// <summary>Goal: a pause is said once, and how long the membership takes to answer then is none.</summary>
    [Fact]
    public async Task Pause_IsSaidOnceAndTheOwnWaitIsNone()
    {
        using var watch = await StartAsync();
        await TurnsAsync(2);
        _membership.Answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        _clock.StandStill(TimeSpan.FromSeconds(3));
        _time.Advance(StallWatch.Interval);
        await Phase.UntilAsync("the membership is asked", () => _membership.Refreshes == 1, Cancellation);
        _clock.StandStill(TimeSpan.FromSeconds(9));
        _membership.Answer.SetResult();
        await TurnsAsync(3);

        Assert.Contains("3.0 s", Assert.Single(_lines.Written), StringComparison.Ordinal);

        // A pause may hide in so slow an answer.
        Assert.Equal(2, _membership.Refreshes);
    }

    private async Task<StallWatch> StartAsync()
    {
        var watch = new StallWatch(_membership, _clock, _lines);
        var life = new Life();
        watch.Participate(life);
        await life.StartAsync(Cancellation);
        return watch;
    }

    /// <summary>Lets the loop come to its next rest, some times.</summary>
    private async Task TurnsAsync(int turns)
    {
        for (var i = 0; i < turns; i++)
        {
            await Phase.UntilAsync("the watch rests", () => _time.ArmedTimers > 0, Cancellation);
            _time.Advance(StallWatch.Interval);
        }

        await Phase.UntilAsync("the watch rests", () => _time.ArmedTimers > 0, Cancellation);
    }

    /// <summary>A clock that goes on while no timer fires, as the machine's does while a process stands still.</summary>
    private sealed class Clock(VirtualTimeProvider time) : TimeProvider
    {
        private long _stood;

        public override long TimestampFrequency => time.TimestampFrequency;

        public void StandStill(TimeSpan span) => Interlocked.Add(ref _stood, (long)(span.TotalSeconds * TimestampFrequency) + 1);

        public override long GetTimestamp() => time.GetTimestamp() + Interlocked.Read(ref _stood);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }

    private sealed class Membership : IClusterMembershipService
    {
        public int Refreshes { get; private set; }

        public TaskCompletionSource? Answer { get; set; }

        public ClusterMembershipSnapshot CurrentSnapshot => throw new NotSupportedException();

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public async ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
        {
            Refreshes++;
            if (Answer is { } answer)
            {
                await answer.Task;
            }
        }

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class Life : ISiloLifecycle
    {
        private readonly List<ILifecycleObserver> _observers = [];

        public int HighestCompletedStage => 0;

        public int LowestStoppedStage => 0;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            _observers.Add(observer);
            return new MemoryStream();
        }

        public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(_observers.Select(observer => observer.OnStart(cancellationToken)));
    }

    private sealed class Lines : ILogger<StallWatch>
    {
        private readonly ConcurrentQueue<string> _written = new();

        public IReadOnlyCollection<string> Written => _written;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _written.Enqueue(formatter(state, exception));
    }
}
