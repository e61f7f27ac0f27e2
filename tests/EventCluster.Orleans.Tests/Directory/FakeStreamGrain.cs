using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>An owner whose append answers are scripted; everything after the script goes to a real stream.</summary>
internal sealed class FakeStreamGrain(IStreamHandle stream) : IStreamGrain
{
    private readonly Queue<Func<AppendRequest[], Task<AppendOutcome[]>>> _script = new();

    /// <summary>The calls as they came.</summary>
    public List<AppendRequest[]> Calls { get; } = [];

    /// <summary>The next call is answered like this.</summary>
    public void Script(Func<AppendRequest[], Task<AppendOutcome[]>> answer) => _script.Enqueue(answer);

    /// <summary>Appends for real.</summary>
    public async Task<AppendOutcome[]> ApplyAsync(AppendRequest[] requests)
    {
        var pending = Array.ConvertAll(requests, request => stream.AppendAsync(request, CancellationToken.None).AsTask());
        return await Task.WhenAll(pending);
    }

    public async Task<Wire<AppendOutcome[]>> AppendAsync(Wire<AppendRequest[]> requests)
    {
        Calls.Add(requests.Value);
        return new Wire<AppendOutcome[]>(
            await (_script.TryDequeue(out var scripted) ? scripted(requests.Value) : ApplyAsync(requests.Value)));
    }

    /// <summary>Reads that have begun.</summary>
    public int Reads { get; private set; }

    /// <summary>How long each read was to wait.</summary>
    public List<TimeSpan> Waits { get; } = [];

    /// <summary>How long the answer of a read is on its way.</summary>
    public TimeSpan ReadAnswersTake { get; set; }

    /// <summary>The first read waits at an owner that hears of nothing.</summary>
    public bool FirstReadIsStale { get; set; }

    public async Task<Wire<ReadReply>> ReadAsync(Wire<ReadRequest> request, CancellationToken cancellationToken)
    {
        if (++Reads == 1 && FirstReadIsStale)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        Waits.Add(request.Value.WaitUpTo);
        var outcome = await stream.ReadAsync(request.Value, cancellationToken);
        await Task.Delay(ReadAnswersTake, TimeProvider.System, cancellationToken);
        return new Wire<ReadReply>(new ReadReply(outcome, WaitEnded: true));
    }

    public Task<Wire<CreateOutcome>> CreateAsync(Wire<CreateRequest> request) =>
        AnswerAsync(stream.CreateAsync(request.Value, CancellationToken.None));

    public Task<Wire<DescribeOutcome>> DescribeAsync() => AnswerAsync(stream.DescribeAsync(CancellationToken.None));

    public Task<Wire<ConfigureOutcome>> ConfigureAsync(Wire<RetentionLimits> changes, long? incarnation) =>
        AnswerAsync(stream.ConfigureAsync(changes.Value, CancellationToken.None));

    public Task<Wire<TrimOutcome>> TrimAsync(Wire<StreamOffset> before, long? incarnation) =>
        AnswerAsync(stream.TrimAsync(before.Value, CancellationToken.None));

    public Task<Wire<DeleteOutcome>> DeleteAsync(long? incarnation) => AnswerAsync(stream.DeleteAsync(CancellationToken.None));

    public Task<Wire<ForkHoldAnswer>> HoldAsync(Wire<ForkHoldRequest> request) => throw new NotSupportedException();

    public Task<bool> SettleHoldAsync(string fork, long incarnation, bool confirm) => throw new NotSupportedException();

    public Task<bool?> IsHoldingAsync(long incarnation) => throw new NotSupportedException();

    public Task VisitAsync() => throw new NotSupportedException();

    public Task HandOverAsync(string? target) => throw new NotSupportedException();

    private static async Task<Wire<T>> AnswerAsync<T>(ValueTask<T> outcome) => new(await outcome);
}
