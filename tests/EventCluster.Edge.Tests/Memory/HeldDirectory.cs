using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Memory;

/// <summary>Streams whose appends and creates wait until they are let go, or fail.</summary>
internal sealed class HeldDirectory : IStreamDirectory, IDisposable
{
    private int _waiting;

    /// <summary>What stands behind it.</summary>
    public IStreamDirectory Inner { get; set; } = null!;

    /// <summary>Completed when appends may go on; failed when they are to fail.</summary>
    public TaskCompletionSource Gate { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Appends and creates that wait.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public Durability Durability => Durability.Memory;

    public StoreHealth Health => Inner.Health;

    public IStreamHandle GetStream(StreamName name) => new Handle(this, Inner.GetStream(name));

    public ValueTask<StreamPage> ListAsync(string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        Inner.ListAsync(prefix, after, limit, cancellationToken);

    /// <summary>Lets everything go on, so that a server can stop.</summary>
    public void Dispose() => Gate.TrySetResult();

    private async Task WaitAsync()
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await Gate.Task;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private sealed class Handle(HeldDirectory directory, IStreamHandle inner) : IStreamHandle
    {
        public StreamName Name => inner.Name;

        public async ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken)
        {
            await directory.WaitAsync();
            return await inner.CreateAsync(request, cancellationToken);
        }

        public async ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
        {
            await directory.WaitAsync();
            return await inner.AppendAsync(request, cancellationToken);
        }

        public ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken) =>
            inner.ReadAsync(request, cancellationToken);

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
            inner.DescribeAsync(cancellationToken);

        public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
            inner.ConfigureAsync(changes, cancellationToken);

        public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) =>
            inner.TrimAsync(before, cancellationToken);

        public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) => inner.DeleteAsync(cancellationToken);
    }
}
