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
/// The front door of an edge whose owner answers some calls and then none any more, as the cluster's does: a call without an answer takes
/// what is left of its answer's time, by the test's clock, and is "not now" then.
/// </summary>
internal sealed class SilentOwner : IStreamDirectory, IAsyncDisposable
{
    /// <summary>What one answer may take.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private readonly VirtualTimeProvider _clock;
    private readonly InMemoryLogStore _store = new(new InMemoryLogStoreOptions());
    private readonly LocalStreamDirectory _owner;
    private int _answers = int.MaxValue;

    public SilentOwner(VirtualTimeProvider clock)
    {
        _clock = clock;
        _owner = new LocalStreamDirectory(
            _store, new LocalStreamDirectoryOptions(), clock, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
    }

    public Durability Durability => _owner.Durability;

    public StoreHealth Health => _owner.Health;

    /// <summary>Calls from now on: the first ones are answered, each after a time, the others not.</summary>
    public void FallSilent(int answers, TimeSpan answersAfter) => (_answers, AnswersAfter) = (answers, answersAfter);

    /// <summary>How long an answer takes.</summary>
    public TimeSpan AnswersAfter { get; private set; }

    public IStreamHandle GetStream(StreamName name) => new Handle(this, _owner.GetStream(name), null);

    public ValueTask<StreamPage> ListAsync(string prefix, StreamName? after, int limit, CancellationToken cancellationToken) =>
        _owner.ListAsync(prefix, after, limit, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _owner.DisposeAsync();
        await _store.DisposeAsync();
    }

    /// <summary>Lets time pass for a call; false when it has no answer.</summary>
    private bool Answers(AnswerTime? answer, TimeSpan wait)
    {
        // A call for nothing else has a time of its own.
        var left = (answer ?? new AnswerTime(_clock)).Left(Bound);
        if (_answers == int.MaxValue)
        {
            return true;
        }

        var isAnswered = Interlocked.Decrement(ref _answers) >= 0 && AnswersAfter < left;
        _clock.Advance(isAnswered ? AnswersAfter : left + wait);
        answer?.Waited(wait);
        return isAnswered;
    }

    private sealed class Handle(SilentOwner owner, IStreamHandle inner, AnswerTime? answer) : IStreamHandle
    {
        private const string Detail = "The stream's owner did not answer in time.";

        public StreamName Name => inner.Name;

        public IStreamHandle Within(AnswerTime bound) => new Handle(owner, inner, bound);

        public async ValueTask<CreateOutcome> CreateAsync(CreateRequest request, CancellationToken cancellationToken) =>
            owner.Answers(answer, TimeSpan.Zero)
                ? await inner.CreateAsync(request, cancellationToken)
                : new CreateOutcome.Unavailable(UnavailableReason.OutcomeUnknown, Detail);

        public async ValueTask<AppendOutcome> AppendAsync(AppendRequest request, CancellationToken cancellationToken) =>
            owner.Answers(answer, TimeSpan.Zero)
                ? await inner.AppendAsync(request, cancellationToken)
                : new AppendOutcome.Unavailable(UnavailableReason.OutcomeUnknown, Detail);

        public async ValueTask<ReadOutcome> ReadAsync(ReadRequest request, CancellationToken cancellationToken)
        {
            if (answer is null && request.WaitUpTo > TimeSpan.Zero)
            {
                // A feed that follows the tail, beside all answers.
                return await inner.ReadAsync(request, cancellationToken);
            }

            if (!owner.Answers(answer, request.WaitUpTo))
            {
                return new ReadOutcome.Unavailable(UnavailableReason.Moved, Detail);
            }

            var read = inner.ReadAsync(request, cancellationToken).AsTask();
            owner._clock.Advance(request.WaitUpTo);
            return await read;
        }

        public ValueTask<DescribeOutcome> DescribeAsync(CancellationToken cancellationToken) =>
            DescribeAsync(ReadConfirmation.Strict, cancellationToken);

        public async ValueTask<DescribeOutcome> DescribeAsync(ReadConfirmation confirmation, CancellationToken cancellationToken) =>
            owner.Answers(answer, TimeSpan.Zero)
                ? await inner.DescribeAsync(confirmation, cancellationToken)
                : new DescribeOutcome.Unavailable(UnavailableReason.Moved, Detail);

        public async ValueTask<ConfigureOutcome> ConfigureAsync(RetentionLimits changes, CancellationToken cancellationToken) =>
            owner.Answers(answer, TimeSpan.Zero)
                ? await inner.ConfigureAsync(changes, cancellationToken)
                : new ConfigureOutcome.Unavailable(UnavailableReason.OutcomeUnknown, Detail);

        public async ValueTask<TrimOutcome> TrimAsync(StreamOffset before, CancellationToken cancellationToken) =>
            owner.Answers(answer, TimeSpan.Zero)
                ? await inner.TrimAsync(before, cancellationToken)
                : new TrimOutcome.Unavailable(UnavailableReason.OutcomeUnknown, Detail);

        public async ValueTask<DeleteOutcome> DeleteAsync(CancellationToken cancellationToken) =>
            owner.Answers(answer, TimeSpan.Zero)
                ? await inner.DeleteAsync(cancellationToken)
                : new DeleteOutcome.Unavailable(UnavailableReason.OutcomeUnknown, Detail);
    }
}
