using EventCluster.Abstractions.Store;
using EventCluster.TestKit;

namespace EventCluster.Simulation.Media;

/// <summary>One node's connection to a store that outlives it: after <see cref="Kill"/> nothing of that node arrives any more.</summary>
internal sealed class MortalLogStore(ILogStore inner) : DecoratedLogStore(inner, isOwner: false)
{
    private bool _isDead;

    protected override ILogStore Inner => _isDead ? throw new IOException("The node is dead.") : base.Inner;

    public void Kill() => _isDead = true;
}
