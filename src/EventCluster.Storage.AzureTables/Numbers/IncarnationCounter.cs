using Azure.Data.Tables;
using EventCluster.Storage.AzureTables.Schema;
using EventCluster.Storage.AzureTables.Tables;

namespace EventCluster.Storage.AzureTables.Numbers;

/// <summary>
/// The counter of the whole store. Each draw is larger than all before it on any node, so nothing is drawn in advance; but
/// all who wait on this node share one conditional write.
/// </summary>
internal sealed class IncarnationCounter(EntityTable table)
{
    private const string Row = "incarnation";
    private const string Value = "Value";

    private readonly Lock _gate = new();
    private Task _lastRun = Task.CompletedTask;
    private Batch? _gathering;
    private long _seen;

    /// <summary>The next number.</summary>
    public async Task<long> DrawAsync(CancellationToken cancellationToken)
    {
        Batch batch;
        long place;
        lock (_gate)
        {
            if (_gathering is null)
            {
                _gathering = new Batch();
                _lastRun = RunAsync(_gathering, _lastRun);
            }

            batch = _gathering;
            place = batch.Count++;
        }

        return await batch.First.Task.WaitAsync(cancellationToken) + place;
    }

    /// <summary>Makes later draws larger than a number that a commit uses, which almost always was drawn here.</summary>
    public Task RaiseAsync(long number) =>
        Volatile.Read(ref _seen) >= number ? Task.CompletedTask : ChangeAsync(value => Math.Max(value, number));

    /// <summary>Leaves numbers out that lost commits may have drawn.</summary>
    public Task SkipAsync(long numbers) => ChangeAsync(value => value + numbers);

    private async Task RunAsync(Batch batch, Task previous)
    {
        // Never inside the caller's lock; and while the batch before is on its way, this one gathers.
        await Task.Yield();
        await previous;
        try
        {
            lock (_gate)
            {
                _gathering = null;
            }

            batch.First.SetResult(await ChangeAsync(value => value + batch.Count) + 1);
        }
        catch (Exception e)
        {
            batch.First.SetException(e);
            _ = batch.First.Task.Exception;
        }
    }

    /// <summary>Changes the value, whoever else does at the same time.</summary>
    /// <returns>The value before.</returns>
    private async Task<long> ChangeAsync(Func<long, long> change)
    {
        while (true)
        {
            var found = await table.FindAsync(StoreFormat.Partition, Row, select: null, CancellationToken.None);
            var before = found?.GetInt64(Value) ?? 0;
            var entity = new TableEntity(StoreFormat.Partition, Row) { [Value] = change(before) };
            var landed = found is null
                ? await table.TryAddAsync(entity, CancellationToken.None)
                : await table.TryUpdateAsync(entity, found.ETag, TableUpdateMode.Replace, CancellationToken.None);
            if (landed is not null)
            {
                InterlockedMax(change(before));
                return before;
            }
        }
    }

    private void InterlockedMax(long value)
    {
        for (var seen = Volatile.Read(ref _seen); seen < value;)
        {
            var before = Interlocked.CompareExchange(ref _seen, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    private sealed class Batch
    {
        public long Count { get; set; }

        public TaskCompletionSource<long> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
