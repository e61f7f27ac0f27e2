namespace EventCluster.Abstractions.Store;

/// <summary>
/// What a store that several nodes share knows of itself. Two nodes serve one cluster only when their stores are one: each
/// writes a random value into its own and the other must find it there. A copy cannot pass, whatever it carries.
/// </summary>
public interface IStoreIdentity
{
    /// <summary>The identity of the data that this node serves.</summary>
    StoreIdentity Identity { get; }

    /// <summary>Writes a value that the other node looks for. It is swept after a while if nobody takes it back.</summary>
    /// <exception cref="StoreUnreachableException">The store did not take it.</exception>
    ValueTask WriteProofAsync(Guid value, CancellationToken cancellationToken);

    /// <summary>Whether a value is in the store now; asked of the place that takes writes, never of a replica.</summary>
    /// <exception cref="StoreUnreachableException">The store does not answer, so nothing is known.</exception>
    ValueTask<bool> HasProofAsync(Guid value, CancellationToken cancellationToken);

    /// <summary>Takes a value back.</summary>
    /// <exception cref="StoreUnreachableException">The store did not answer; the value is swept later.</exception>
    ValueTask RemoveProofAsync(Guid value, CancellationToken cancellationToken);
}
