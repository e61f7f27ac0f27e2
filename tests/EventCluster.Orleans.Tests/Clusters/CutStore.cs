using EventCluster.Abstractions.Store;
using EventCluster.Protocol;
using EventCluster.TestKit;

namespace EventCluster.Orleans.Tests.Clusters;

/// <summary>One silo's way to a store that all share, which a test can cut: calls fail at once, or never get an answer.</summary>
internal sealed class CutStore(ILogStore store) : DecoratedLogStore(store, isOwner: false)
{
    private readonly TaskCompletionSource _never = new();

    /// <summary>How the way is cut; null when it is not.</summary>
    public CutKind? Cut { get; set; }

    /// <inheritdoc />
    protected override ILogStore Inner => Cut is null ? base.Inner : throw new StoreUnreachableException("The way to the store is cut (planned).");

    /// <inheritdoc />
    public override async ValueTask<OpenedStream> OpenAsync(StreamName name, CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        return await base.OpenAsync(name, cancellationToken);
    }

    /// <inheritdoc />
    public override async ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        return await base.CommitAsync(commit, cancellationToken);
    }

    /// <inheritdoc />
    public override async ValueTask<IReadOnlyList<HeadStamp>> GetStampsAsync(
        IReadOnlyList<StreamName> names, CancellationToken cancellationToken)
    {
        await PassAsync(cancellationToken);
        return await base.GetStampsAsync(names, cancellationToken);
    }

    private Task PassAsync(CancellationToken cancellationToken) =>
        Cut == CutKind.Silent ? _never.Task.WaitAsync(cancellationToken) : Task.CompletedTask;
}
