using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>An owner that answers some calls, each after a time, and then none any more.</summary>
/// <param name="clock">The clock of its answers.</param>
internal sealed class SilentStreamGrain(TimeProvider clock) : IStreamGrain
{
    /// <summary>How many more calls it answers; as with an owner that is not the owner, with "moved".</summary>
    public int Answers { get; set; }

    /// <summary>How long each answer takes.</summary>
    public TimeSpan AnswersAfter { get; set; }

    /// <summary>Calls that came.</summary>
    public int Calls { get; private set; }

    public Task<Wire<AppendOutcome[]>> AppendAsync(Wire<AppendRequest[]> requests) => AnswerAsync(
        () => Array.ConvertAll<AppendRequest, AppendOutcome>(requests.Value, _ => new AppendOutcome.NotFound()));

    public Task<Wire<ReadReply>> ReadAsync(Wire<ReadRequest> request, CancellationToken cancellationToken) =>
        AnswerAsync(() => new ReadReply(new ReadOutcome.NotFound(), WaitEnded: false));

    public Task<Wire<CreateOutcome>> CreateAsync(Wire<CreateRequest> request) =>
        AnswerAsync<CreateOutcome>(() => new CreateOutcome.Unavailable(UnavailableReason.Moved, "Elsewhere."));

    public Task<Wire<DescribeOutcome>> DescribeAsync() => AnswerAsync<DescribeOutcome>(() => new DescribeOutcome.NotFound());

    public Task<Wire<ConfigureOutcome>> ConfigureAsync(Wire<RetentionLimits> changes, long? incarnation) =>
        AnswerAsync<ConfigureOutcome>(() => new ConfigureOutcome.NotFound());

    public Task<Wire<TrimOutcome>> TrimAsync(Wire<StreamOffset> before, long? incarnation) =>
        AnswerAsync<TrimOutcome>(() => new TrimOutcome.NotFound());

    public Task<Wire<DeleteOutcome>> DeleteAsync(long? incarnation) => AnswerAsync<DeleteOutcome>(() => new DeleteOutcome.NotFound());

    public Task<Wire<ForkHoldAnswer>> HoldAsync(Wire<ForkHoldRequest> request) => throw new NotSupportedException();

    public Task<bool> SettleHoldAsync(string fork, long incarnation, bool confirm) => throw new NotSupportedException();

    public Task<bool?> IsHoldingAsync(long incarnation) => throw new NotSupportedException();

    public Task VisitAsync() => throw new NotSupportedException();

    public Task HandOverAsync(string? target) => throw new NotSupportedException();

    private async Task<Wire<T>> AnswerAsync<T>(Func<T> answer)
    {
        Calls++;
        await Task.Delay(Answers-- > 0 ? AnswersAfter : Timeout.InfiniteTimeSpan, clock);
        return new Wire<T>(answer());
    }
}
