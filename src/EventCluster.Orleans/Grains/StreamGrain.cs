using EventCluster.Abstractions.Streams;
using EventCluster.Core;
using EventCluster.Core.Owners;
using EventCluster.Orleans.Placement;
using EventCluster.Orleans.Wire;
using EventCluster.Protocol;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace EventCluster.Orleans.Grains;

/// <summary>
/// A stream's runner with an address. The silo's <see cref="LocalStreamDirectory"/> owns the runner; the grain passes
/// calls on to it and hands the stream over in good order when it is deactivated. A storage conflict or an unknown
/// outcome deactivates it, so that the next call looks for the owner anew.
/// </summary>
[GrainType("ec.stream")]
[Reentrant]
[RandomPlacement]
[BacklogPlacement]
[AnyGateway]
internal sealed partial class StreamGrain(
    LocalStreamDirectory directory, LocalStreamDirectoryOptions options, ILogger<StreamGrain> logger)
    : Grain, IStreamGrain, IDisposable
{
    private readonly CancellationTokenSource _leaving = new();
    private IStreamHandle _stream = null!;
    private CancellationTokenRegistration _cuttingOff;

    /// <inheritdoc />
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _stream = directory.GetStream(StreamName.Parse(this.GetPrimaryKeyString()));

        // The silo gives its streams up: the next call finds the next owner.
        _cuttingOff = directory.CuttingOff.UnsafeRegister(static grain => ((StreamGrain)grain!).Leave(), this);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Reads first: one that looked again after the release would take the stream back.
        _leaving.Cancel();
        _cuttingOff.Unregister();
        await directory.ReleaseAsync(_stream.Name);
    }

    /// <inheritdoc />
    public async Task<Wire<AppendOutcome[]>> AppendAsync(Wire<AppendRequest[]> requests)
    {
        // All are handed on before any is awaited: they keep their order and share a commit.
        var pending = Array.ConvertAll(requests.Value, StartAppend);
        var outcomes = new AppendOutcome[pending.Length];
        string? damage = null;
        var damaged = 0;
        for (var i = 0; i < outcomes.Length; i++)
        {
            var outcome = await AnswerAsync(pending[i], static (reason, detail) => new AppendOutcome.Unavailable(reason, detail));
            damaged += outcome.Damage is null ? 0 : 1;
            damage ??= outcome.Damage;
            outcomes[i] = outcome.Damage is null
                ? outcome.Value
                : new AppendOutcome.Unavailable(UnavailableReason.StoreFailed, outcome.Damage);
            Watch((outcomes[i] as AppendOutcome.Unavailable)?.Reason);
        }

        // What happened to the others is not lost with one that met damage.
        return damage is not null && damaged == outcomes.Length
            ? Wire<AppendOutcome[]>.OfDamage(damage)
            : new Wire<AppendOutcome[]>(outcomes);
    }

    /// <inheritdoc />
    public async Task<Wire<ReadReply>> ReadAsync(Wire<ReadRequest> request, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _leaving.Token);
        var startedAt = directory.Time.GetTimestamp();
        var outcome = await AnswerAsync(
            _leaving.IsCancellationRequested
                ? ValueTask.FromResult<ReadOutcome>(new ReadOutcome.Unavailable(UnavailableReason.Moved, LeavingDetail))
                : _stream.ReadAsync(request.Value, ending.Token),
            static (reason, detail) => new ReadOutcome.Unavailable(reason, detail));
        if (outcome.Damage is { } damage)
        {
            return Wire<ReadReply>.OfDamage(damage);
        }

        Watch((outcome.Value as ReadOutcome.Unavailable)?.Reason);
        return new Wire<ReadReply>(
            new ReadReply(outcome.Value, directory.Time.GetElapsedTime(startedAt) >= request.Value.WaitUpTo));
    }

    /// <inheritdoc />
    public async Task<Wire<CreateOutcome>> CreateAsync(Wire<CreateRequest> request) => Watched(
        await CallAsync(
            stream => stream.CreateAsync(request.Value, CancellationToken.None),
            static (reason, detail) => new CreateOutcome.Unavailable(reason, detail)),
        static outcome => (outcome as CreateOutcome.Unavailable)?.Reason);

    /// <inheritdoc />
    public async Task<Wire<DescribeOutcome>> DescribeAsync() => Watched(
        await CallAsync(
            stream => stream.DescribeAsync(DescribeContext.Get(), _leaving.Token),
            static (reason, detail) => new DescribeOutcome.Unavailable(reason, detail)),
        static outcome => (outcome as DescribeOutcome.Unavailable)?.Reason);

    /// <inheritdoc />
    public async Task<Wire<ConfigureOutcome>> ConfigureAsync(Wire<RetentionLimits> changes, long? incarnation) => Watched(
        await CallAsync(
            _ => directory.GetStream(_stream.Name, incarnation).ConfigureAsync(changes.Value, CancellationToken.None),
            static (reason, detail) => new ConfigureOutcome.Unavailable(reason, detail)),
        static outcome => (outcome as ConfigureOutcome.Unavailable)?.Reason);

    /// <inheritdoc />
    public async Task<Wire<TrimOutcome>> TrimAsync(Wire<StreamOffset> before, long? incarnation) => Watched(
        await CallAsync(
            _ => directory.GetStream(_stream.Name, incarnation).TrimAsync(before.Value, CancellationToken.None),
            static (reason, detail) => new TrimOutcome.Unavailable(reason, detail)),
        static outcome => (outcome as TrimOutcome.Unavailable)?.Reason);

    /// <inheritdoc />
    public async Task<Wire<DeleteOutcome>> DeleteAsync(long? incarnation) => Watched(
        await CallAsync(
            _ => directory.GetStream(_stream.Name, incarnation).DeleteAsync(CancellationToken.None),
            static (reason, detail) => new DeleteOutcome.Unavailable(reason, detail)),
        static outcome => (outcome as DeleteOutcome.Unavailable)?.Reason);

    /// <inheritdoc />
    public async Task<Wire<ForkHoldAnswer>> HoldAsync(Wire<ForkHoldRequest> request) => Watched(
        await CallAsync(
            stream => directory.LocalOwners.HoldAsync(stream.Name, request.Value),
            static (reason, detail) => ForkHoldAnswer.Refused(new CreateOutcome.Unavailable(reason, detail))),
        static answer => (answer.Refusal as CreateOutcome.Unavailable)?.Reason);

    /// <inheritdoc />
    public async Task<bool> SettleHoldAsync(string fork, long incarnation, bool confirm)
    {
        var name = StreamName.Parse(fork);
        return confirm
            ? (_leaving.IsCancellationRequested ? null : await directory.LocalOwners.ConfirmHoldAsync(_stream.Name, name, incarnation))
                ?? throw new InvalidOperationException("The hold is not confirmed now: " + LeavingDetail)
            : !_leaving.IsCancellationRequested
                && await directory.LocalOwners.SettleHoldAsync(_stream.Name, name, incarnation, confirm: false);
    }

    /// <inheritdoc />
    public async Task<bool?> IsHoldingAsync(long incarnation) => _leaving.IsCancellationRequested
        ? null
        : await directory.LocalOwners.IsHoldingAsync(_stream.Name, incarnation);

    /// <inheritdoc />
    public Task VisitAsync() => _leaving.IsCancellationRequested
        ? Task.CompletedTask
        : directory.LocalOwners.VisitAsync(_stream.Name).AsTask();

    /// <inheritdoc />
    public Task HandOverAsync(string? target)
    {
        if (target is not null)
        {
            var silo = SiloAddress.FromParsableString(target);
            if (silo.Equals(GrainContext.Address.SiloAddress))
            {
                return Task.CompletedTask;
            }

            RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        }

        // A grain with a waiting read is not idle, and it migrates only when it is.
        _leaving.Cancel();
        this.MigrateOnIdle();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void Dispose() => _leaving.Dispose();
}
