namespace EventCluster.Storage.LocalDisk.Journal;

/// <summary>A scheduler with one thread of its own: the journal's writer blocks in flushes and must not hold pool threads.</summary>
internal sealed class JournalThread : TaskScheduler, IDisposable
{
    private readonly Queue<Task> _tasks = new();
    private readonly Thread _thread;
    private bool _stopping;

    public JournalThread()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "journal" };
        _thread.Start();
    }

    public override int MaximumConcurrencyLevel => 1;

    public void Dispose()
    {
        lock (_tasks)
        {
            _stopping = true;
            Monitor.Pulse(_tasks);
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (_tasks)
        {
            _tasks.Enqueue(task);
            Monitor.Pulse(_tasks);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && Thread.CurrentThread == _thread && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (_tasks)
        {
            return [.. _tasks];
        }
    }

    private void Run()
    {
        while (true)
        {
            Task task;
            lock (_tasks)
            {
                while (_tasks.Count == 0)
                {
                    if (_stopping)
                    {
                        return;
                    }

                    Monitor.Wait(_tasks);
                }

                task = _tasks.Dequeue();
            }

            TryExecuteTask(task);
        }
    }
}
