using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Transports;

/// <summary>Passes on what an owner decided, but keeps the outcomes of one stream's first call back until it is let go.</summary>
internal sealed class HeldDirectory : IStreamDirectory
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _calls;

    /// <summary>The real directory; set when the server has made it.</summary>
    public IStreamDirectory? Inner { get; set; }

    /// <summary>The stream whose first call is held; null for none.</summary>
    public StreamName? Held { get; set; }

    public Durability Durability => Inner?.Durability ?? Durability.Memory;

    public StoreHealth Health => Inner?.Health ?? throw new InvalidOperationException("The server is not there yet.");

    public void LetGo() => _release.TrySetResult();

    public IStreamHandle GetStream(StreamName name) => new Handle(Inner!.GetStream(name), this);

    public ValueTask<StreamPage> ListAsync(string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        Inner!.ListAsync(prefix, after, limit, cancellationToken);

    private async ValueTask<T> PassAsync<T>(StreamName name, ValueTask<T> call)
    {
        var isFirst = Held is { } held && held == name && Interlocked.Increment(ref _calls) == 1;
        var outcome = await call;
        if (isFirst)
        {
            await _release.Task;
        }

        return outcome;
    }

    private sealed class Handle(IStreamHandle inner, HeldDirectory directory) : IStreamHandle
    {
        public StreamName Name => inner.Name;

        public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) =>
            inner.CreateAsync(request, cancellationToken);

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
            directory.PassAsync(Name, inner.AppendAsync(request, cancellationToken));

        public ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken) =>
            request.WaitUpTo > TimeSpan.Zero
                ? inner.ReadAsync(request, cancellationToken)
                : directory.PassAsync(Name, inner.ReadAsync(request, cancellationToken));

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
            directory.PassAsync(Name, inner.DescribeAsync(cancellationToken));

        public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
            inner.ConfigureAsync(changes, cancellationToken);

        public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) =>
            inner.TrimAsync(before, cancellationToken);

        public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) => inner.DeleteAsync(cancellationToken);
    }
}
