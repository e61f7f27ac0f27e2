using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Grains;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>A stream of a real owner behind a way that fails once: the first change is handed to the test, which decides what becomes of it.</summary>
internal sealed class OwnedStreamGrain(LocalStreamDirectory owner, StreamName name) : IStreamGrain
{
    private Func<Func<Task>, Task>? _next;

    /// <summary>The owner that calls reach.</summary>
    public LocalStreamDirectory Owner { get; set; } = owner;

    /// <summary>How often the stream was described.</summary>
    public int Describes { get; private set; }

    /// <summary>Changes that arrived.</summary>
    public int Changes { get; private set; }

    /// <summary>The next change goes here, as what it would do; then there is no answer.</summary>
    public void LoseNext(Func<Func<Task>, Task> fate) => _next = fate;

    public async Task<Wire<AppendOutcome[]>> AppendAsync(Wire<AppendRequest[]> requests)
    {
        var outcomes = await ChangeAsync(_ => Task.WhenAll(Array.ConvertAll(
            requests.Value, request => Owner.GetStream(name).AppendAsync(request, CancellationToken.None).AsTask())), null);
        return new Wire<AppendOutcome[]>(outcomes.Value);
    }

    public Task<Wire<CreateOutcome>> CreateAsync(Wire<CreateRequest> request) => ChangeAsync(
        stream => stream.CreateAsync(request.Value, CancellationToken.None).AsTask(), null);

    public Task<Wire<ConfigureOutcome>> ConfigureAsync(Wire<RetentionLimits> changes, long? incarnation) => ChangeAsync(
        stream => stream.ConfigureAsync(changes.Value, CancellationToken.None).AsTask(), incarnation);

    public Task<Wire<TrimOutcome>> TrimAsync(Wire<StreamOffset> before, long? incarnation) => ChangeAsync(
        stream => stream.TrimAsync(before.Value, CancellationToken.None).AsTask(), incarnation);

    public Task<Wire<DeleteOutcome>> DeleteAsync(long? incarnation) => ChangeAsync(
        stream => stream.DeleteAsync(CancellationToken.None).AsTask(), incarnation);

    public async Task<Wire<DescribeOutcome>> DescribeAsync()
    {
        Describes++;
        return new Wire<DescribeOutcome>(await Owner.GetStream(name).DescribeAsync(CancellationToken.None));
    }

    public async Task<Wire<ReadReply>> ReadAsync(Wire<ReadRequest> request, CancellationToken cancellationToken) =>
        new(new ReadReply(await Owner.GetStream(name).ReadAsync(request.Value, cancellationToken), WaitEnded: true));

    public Task<Wire<ForkHoldAnswer>> HoldAsync(Wire<ForkHoldRequest> request) => throw new NotSupportedException();

    public Task<bool> SettleHoldAsync(string fork, long incarnation, bool confirm) => throw new NotSupportedException();

    public Task<bool?> IsHoldingAsync(long incarnation) => throw new NotSupportedException();

    public Task VisitAsync() => throw new NotSupportedException();

    public Task HandOverAsync(string? target) => throw new NotSupportedException();

    private async Task<Wire<T>> ChangeAsync<T>(Func<IStreamHandle, Task<T>> change, long? incarnation)
    {
        Changes++;
        if (Interlocked.Exchange(ref _next, null) is { } fate)
        {
            await fate(() => change(Owner.GetStream(name, incarnation)));
            throw new TimeoutException("The answer is lost.");
        }

        return new Wire<T>(await change(Owner.GetStream(name, incarnation)));
    }
}
