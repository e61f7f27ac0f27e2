using EventCluster.Abstractions.Store;

namespace EventCluster.Core.Running;

/// <summary>A head that an owner acknowledged.</summary>
/// <param name="Version">Number of commits.</param>
/// <param name="CommitId">Identity of the last one.</param>
/// <param name="Incarnation">The newest incarnation.</param>
internal readonly record struct AcknowledgedHead(long Version, UInt128 CommitId, long Incarnation)
{
    /// <summary>
    /// True when a stored head cannot come after this one: the store forgot it. A newer incarnation is a stream that was
    /// created again, or one whose loss was noticed before.
    /// </summary>
    public bool IsMissingFrom(StoredHead stored)
    {
        var incarnation = stored.Incarnations.Latest.Incarnation;
        return incarnation < Incarnation
            || (incarnation == Incarnation
                && (stored.Version < Version || (stored.Version == Version && stored.LastCommitId != CommitId)));
    }
}
