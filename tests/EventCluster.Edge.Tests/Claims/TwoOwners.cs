using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventCluster.Edge.Tests.Claims;

/// <summary>
/// The front door of an edge whose owner may have been replaced without noticing: a second owner works on the same store. As in
/// a cluster, "moved" is asked again.
/// </summary>
internal sealed class TwoOwners : IStreamDirectory, IAsyncDisposable
{
    private readonly LocalStreamDirectory _old;
    private readonly LocalStreamDirectory _other;

    public TwoOwners(VirtualTimeProvider clock)
    {
        Store = new FaultyLogStore(new InMemoryLogStore(new InMemoryLogStoreOptions()), new Random(1));
        (_old, _other) = (Open(clock, seed: 1), Open(clock, seed: 2));
    }

    public FaultyLogStore Store { get; }

    public Durability Durability => _old.Durability;

    public StoreHealth Health => _old.Health;

    public TimeSpan? LongestUnconfirmed => TimeSpan.FromSeconds(5);

    /// <summary>Reads that wait at the owner that the edge knows.</summary>
    public int ParkedReads => _old.ParkedReads;

    public IStreamHandle GetStream(StreamName name) => new Handle(_old.GetStream(name));

    /// <summary>The stream as another owner has it, which the edge does not know of.</summary>
    public IStreamHandle Elsewhere(string name) => _other.GetStream(StreamName.Parse(name));

    public ValueTask<StreamPage> ListAsync(string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        _old.ListAsync(prefix, after, limit, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Store.IsUnreachable = false;
        Store.LetGo();
        await _old.DisposeAsync();
        await _other.DisposeAsync();
        await Store.DisposeAsync();
    }

    private LocalStreamDirectory Open(VirtualTimeProvider clock, int seed) => new(
        Store, new LocalStreamDirectoryOptions(), clock, new Random(seed), NullLogger<LocalStreamDirectory>.Instance);

    private sealed class Handle(IStreamHandle inner) : IStreamHandle
    {
        private const int Attempts = 5;

        public StreamName Name => inner.Name;

        public ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) =>
            inner.CreateAsync(request, cancellationToken);

        public ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
            inner.AppendAsync(request, cancellationToken);

        public async ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
        {
            for (var attempt = 1; ; attempt++)
            {
                var outcome = await inner.ReadAsync(request, cancellationToken);
                if (outcome is not ReadOutcome.Unavailable { Reason: UnavailableReason.Moved } || attempt == Attempts)
                {
                    return outcome;
                }
            }
        }

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
            DescribeAsync(ReadConfirmation.Strict, cancellationToken);

        public async ValueTask<DescribeOutcome> DescribeAsync(ReadConfirmation confirmation, CancellationToken cancellationToken)
        {
            for (var attempt = 1; ; attempt++)
            {
                var outcome = await inner.DescribeAsync(confirmation, cancellationToken);
                if (outcome is not DescribeOutcome.Unavailable { Reason: UnavailableReason.Moved } || attempt == Attempts)
                {
                    return outcome;
                }
            }
        }

        public ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
            inner.ConfigureAsync(changes, cancellationToken);

        public ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) =>
            inner.TrimAsync(before, cancellationToken);

        public ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) => inner.DeleteAsync(cancellationToken);
    }
}
