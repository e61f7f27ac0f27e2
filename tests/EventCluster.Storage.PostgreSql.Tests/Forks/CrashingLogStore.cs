using EventCluster.Abstractions.Store;
using EventCluster.TestKit;

namespace EventCluster.Storage.PostgreSql.Tests.Forks;

/// <summary>A store of one of several nodes that all crash at the same commit: from then on nothing reaches the medium.</summary>
public sealed class CrashingLogStore(ILogStore inner, CrashPlan plan) : DecoratedLogStore(inner)
{
    protected override ILogStore Inner
    {
        get
        {
            plan.Check();
            return base.Inner;
        }
    }

    public override async ValueTask<CommitStatus> CommitAsync(StreamCommit commit, CancellationToken cancellationToken)
    {
        var store = Inner;
        if (!plan.IsTheLastCommit())
        {
            return await store.CommitAsync(commit, cancellationToken);
        }

        if (plan.LastLands)
        {
            await store.CommitAsync(commit, cancellationToken);
        }

        throw new StoreUnreachableException("Crashed (planned).");
    }
}
