using System.Security.Cryptography;

namespace EventCluster.Abstractions.Store;

/// <summary>The identity of a store's data, kept with them, and where it was drawn.</summary>
/// <param name="Id">32 hexadecimal digits, drawn at random once for each cluster.</param>
/// <param name="Medium">
/// The place of the data, in words that two places never share and one place never changes: a copy that carries the identity
/// to another place is known by it.
/// </param>
public sealed record StoreIdentity(string Id, string Medium)
{
    /// <summary>A new identity for data at a place.</summary>
    public static StoreIdentity Draw(string medium) => new(RandomNumberGenerator.GetHexString(32, lowercase: true), medium);
}
