using EventCluster.Abstractions.Store;
using EventCluster.TestKit;

namespace EventCluster.Faults.Images;

/// <summary>
/// A store with segments that are too small for what a stream's owner wants to be able to commit. Nothing here comes near that.
/// </summary>
internal sealed class SmallSegmentStore(ILogStore inner) : DecoratedLogStore(inner, isOwner: false)
{
    /// <inheritdoc />
    public override int MaxCommitBytes => 256 * 1024;
}
