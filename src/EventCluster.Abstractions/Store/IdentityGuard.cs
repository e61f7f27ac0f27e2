namespace EventCluster.Abstractions.Store;

/// <summary>
/// Holds the identity that this node serves. Once its store has shown another one the node serves nothing any more.
/// </summary>
/// <param name="where">The schema or the table, as messages call it.</param>
public sealed class IdentityGuard(string where)
{
    private volatile StoreIdentity? _expected;
    private volatile string? _fault;

    /// <summary>The identity that this node serves; null until its start has found it.</summary>
    public StoreIdentity? Expected => _expected;

    /// <summary>That another identity was seen, in one line; null while none was.</summary>
    public string? Fault => _fault;

    /// <summary>The schema or the table, as messages call it.</summary>
    public string Where => where;

    /// <summary>From now on the store must show it.</summary>
    public void Expect(StoreIdentity identity) => _expected = identity;

    /// <summary>The store cannot be served any more.</summary>
    /// <param name="fault">Why, in one line, which <see cref="Fault"/> keeps.</param>
    public void Fail(string fault) => _fault ??= fault;

    /// <summary>Compares what the store shows.</summary>
    /// <param name="id">The identity; null for none.</param>
    /// <param name="medium">The place; null where it cannot have changed.</param>
    /// <returns>Null when this node may go on; else why not, in one line, which <see cref="Fault"/> keeps.</returns>
    public string? Check(string? id, string? medium)
    {
        if (_expected is not { } expected || (id == expected.Id && (medium ?? expected.Medium) == expected.Medium))
        {
            return null;
        }

        return _fault ??= IdentityDecision.DescribeExchanged(Where, expected, id, medium);
    }
}
