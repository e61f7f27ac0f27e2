namespace EventCluster.TestKit;

/// <summary>
/// Runs tasks and their continuations on one thread in a seeded order. Code under it must keep to the captured scheduler:
/// a task queued from another thread is remembered and fails the next run, because it would make runs differ.
/// </summary>
public sealed class DeterministicTaskScheduler : TaskScheduler
{
    private readonly Random _random;
    private readonly List<Task> _ready = [];
    private readonly Lock _lock = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private string? _foreign;

    /// <summary>A scheduler owned by the calling thread.</summary>
    /// <param name="random">Chooses which ready task runs next.</param>
    public DeterministicTaskScheduler(Random random)
    {
        _random = random;
    }

    /// <inheritdoc />
    public override int MaximumConcurrencyLevel => 1;

    /// <summary>Tasks run so far.</summary>
    public long Executed { get; private set; }

    /// <summary>Starts asynchronous work whose continuations stay here. Nothing runs before the next <c>Run…</c>.</summary>
    public Task Start(Func<Task> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Starts asynchronous work whose continuations stay here. Nothing runs before the next <c>Run…</c>.</summary>
    public Task<T> Start<T>(Func<Task<T>> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    /// <summary>Runs one ready task; false when none is ready.</summary>
    public bool RunOne()
    {
        Task task;
        lock (_lock)
        {
            if (_foreign is not null)
            {
                throw new InvalidOperationException(_foreign);
            }

            if (_ready.Count == 0)
            {
                return false;
            }

            var index = _random.Next(_ready.Count);
            task = _ready[index];
            _ready[index] = _ready[^1];
            _ready.RemoveAt(_ready.Count - 1);
        }

        Executed++;
        TryExecuteTask(task);
        return true;
    }

    /// <summary>Runs until no task is ready.</summary>
    /// <param name="limit">Most tasks to run: a guard against a loop that never waits.</param>
    /// <exception cref="InvalidOperationException">The limit was reached, or work came from another thread.</exception>
    public void RunUntilIdle(int limit = 1_000_000)
    {
        for (var i = 0; RunOne(); i++)
        {
            if (i >= limit)
            {
                throw new InvalidOperationException($"The work is still not idle after {limit} tasks; something spins.");
            }
        }
    }

    /// <summary>Runs <paramref name="work"/> to its end, moving the clock to the next timer whenever nothing is ready.</summary>
    /// <exception cref="InvalidOperationException">Nothing is ready, no timer is armed and the work is not done: a deadlock.</exception>
    public void RunToEnd(Func<Task> work, VirtualTimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        var task = Start(work);
        while (!task.IsCompleted)
        {
            RunUntilIdle();
            if (!task.IsCompleted && !clock.AdvanceToNextTimer())
            {
                throw new InvalidOperationException("Nothing is ready, no timer is armed, and the work is not done.");
            }
        }

        task.GetAwaiter().GetResult();
    }

    /// <inheritdoc />
    protected override void QueueTask(Task task)
    {
        lock (_lock)
        {
            if (Environment.CurrentManagedThreadId != _thread)
            {
                _foreign = $"A task was queued from another thread: {Environment.StackTrace}";
            }

            _ready.Add(task);
        }
    }

    /// <inheritdoc />
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc />
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_lock)
        {
            return [.. _ready];
        }
    }
}
