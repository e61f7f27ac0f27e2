using EventCluster.Abstractions.Store;
using EventCluster.Protocol;

namespace EventCluster.Abstractions.Streams;

/// <summary>The front door: finds streams, wherever their owners are.</summary>
public interface IStreamDirectory
{
    /// <summary>What acknowledgements promise.</summary>
    Durability Durability { get; }

    /// <summary>Whether appends are accepted now, and if not, why; readiness answers with it.</summary>
    StoreHealth Health { get; }

    /// <summary>
    /// How long a live reader may follow an owner that does not confirm that it is the newest one; null when owners are in this
    /// process, whose word is always good.
    /// </summary>
    TimeSpan? LongestUnconfirmed => null;

    /// <summary>
    /// The store answers no owner, so that no stream can go on anywhere: live readers stay, without a claim about the tail, though
    /// nothing is confirmed.
    /// </summary>
    bool IsStoreDownForAll => false;

    /// <summary>A handle on a name; cheap, touches nothing, valid as long as the directory.</summary>
    IStreamHandle GetStream(StreamName name);

    /// <summary>Streams in byte order of names; soft-deleted ones are left out.</summary>
    /// <param name="prefix">Prefix of the names; empty for all.</param>
    /// <param name="after">Name to continue after; null for the start.</param>
    /// <param name="limit">1 to 1,000.</param>
    /// <param name="cancellationToken">Abandons the listing.</param>
    ValueTask<StreamPage> ListAsync(string prefix, StreamName? after, int limit, CancellationToken cancellationToken);
}
