using EventCluster.Storage.LocalDisk.Disk;

namespace EventCluster.Benchmarks.Bare;

/// <summary>One thread that writes whatever has come, flushes once, and completes it.</summary>
public sealed class BareJournal : IAsyncDisposable
{
    private const int FileBytes = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly AutoResetEvent _work = new(false);
    private readonly IDiskFile _file;
    private readonly BarePump _pump;
    private List<BareAppend> _pending = [];
    private long _at;

    private BareJournal(IDiskFile file, BarePump pump)
    {
        _file = file;
        _pump = pump;
        new Thread(Run) { IsBackground = true, Name = "bare-journal" }.Start();
    }

    /// <summary>Makes the file and starts the thread.</summary>
    public static async Task<BareJournal> StartAsync(string path, BarePump pump)
    {
        var file = await new SystemDisk().CreateAsync(path);
        await file.PreallocateAsync(FileBytes);
        return new BareJournal(file, pump);
    }

    /// <summary>Completes when the event is on disk.</summary>
    public Task<long> CommitAsync(BareAppend append)
    {
        bool isFirst;
        lock (_lock)
        {
            isFirst = _pending.Count == 0;
            _pending.Add(append);
        }

        if (isFirst)
        {
            _work.Set();
        }

        return append.Committed;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _file.DisposeAsync();
        _work.Dispose();
    }

    private void Run()
    {
        List<BareAppend> group = [];
        while (true)
        {
            _work.WaitOne();
            while (true)
            {
                lock (_lock)
                {
                    (group, _pending) = (_pending, group);
                }

                if (group.Count == 0)
                {
                    break;
                }

                Write(group);
                group.ForEach(append => append.Complete());
                Deliver(group);
                group.Clear();
            }
        }
    }

    private void Deliver(List<BareAppend> group)
    {
        foreach (var append in group)
        {
            if (append.Stream.Readers.Length > 1)
            {
                _pump.Wake(append.Stream);
            }
        }
    }

    private void Write(List<BareAppend> group)
    {
        ReadOnlyMemory<byte>[] one = [group.SelectMany(append => append.Payload).ToArray()];
        if (_at + one[0].Length > FileBytes)
        {
            _at = 0;
        }

        // The disk of this machine answers at once: a thread of its own has nothing else to do meanwhile.
        _file.WriteAsync(one, _at).AsTask().GetAwaiter().GetResult();
        _at += one[0].Length;
        _file.FlushAsync().AsTask().GetAwaiter().GetResult();
    }
}
