using System.Security.Cryptography;

namespace EventCluster.Orleans.Connections;

/// <summary>A value that nobody guesses, written into a store so that others can find it there.</summary>
internal static class ProofValue
{
    private const int Bytes = 16;

    /// <summary>Another one each time.</summary>
    public static Guid Draw() => new(RandomNumberGenerator.GetBytes(Bytes));
}
