using EventCluster.Abstractions.Streams;
using EventCluster.Core.Owners;
using EventCluster.Protocol;

namespace EventCluster.Core.Tests.Forks;

/// <summary>Owners of another node, with something happening between the steps of a fork.</summary>
internal sealed class HookedOwners(IStreamOwners inner) : IStreamOwners
{
    public Func<Task> BeforeHold { get; set; } = static () => Task.CompletedTask;

    public Func<Task> AfterHold { get; set; } = static () => Task.CompletedTask;

    public Func<Task> BeforeConfirm { get; set; } = static () => Task.CompletedTask;

    /// <summary>Holds that were asked for.</summary>
    public List<(StreamName Fork, long Incarnation)> Held { get; } = [];

    public bool SweepsHere => false;

    public async ValueTask<ForkHoldAnswer> HoldAsync(StreamName source, ForkHoldRequest request)
    {
        await BeforeHold();
        var answer = await inner.HoldAsync(source, request);
        Held.Add((request.Fork, request.Incarnation));
        await AfterHold();
        return answer;
    }

    public ValueTask<bool> SettleHoldAsync(StreamName source, StreamName fork, long incarnation, bool confirm) =>
        inner.SettleHoldAsync(source, fork, incarnation, confirm);

    public async ValueTask<bool?> ConfirmHoldAsync(StreamName source, StreamName fork, long incarnation)
    {
        await BeforeConfirm();
        return await inner.ConfirmHoldAsync(source, fork, incarnation);
    }

    public ValueTask<bool?> IsHoldingAsync(StreamName fork, long incarnation) => inner.IsHoldingAsync(fork, incarnation);

    public ValueTask<ReadOutcome> ReadAsync(StreamName source, ReadRequest request) => inner.ReadAsync(source, request);

    public ValueTask VisitAsync(StreamName name) => inner.VisitAsync(name);
}
