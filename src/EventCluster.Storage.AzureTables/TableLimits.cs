namespace EventCluster.Storage.AzureTables;

/// <summary>What the table service allows, and what follows from it for a commit.</summary>
internal static class TableLimits
{
    /// <summary>Entities of one entity-group transaction (service limit).</summary>
    public const int MaxTransactionEntities = 100;

    /// <summary>Bytes of one transaction's request, its text and base64 included (service limit).</summary>
    public const int MaxTransactionBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of one entity, names and keys included (service limit).</summary>
    public const int MaxEntityBytes = 1024 * 1024;

    /// <summary>Bytes of one binary property (service limit).</summary>
    public const int MaxPropertyBytes = 64 * 1024;

    /// <summary>UTF-16 characters of a partition key or a row key: 1 KiB (service limit).</summary>
    public const int MaxKeyCharacters = 512;

    /// <summary>Entities in one page of an answer (service limit).</summary>
    public const int MaxPageEntities = 1_000;

    /// <summary>Full properties in one entity: one less than fit, which leaves 64 KiB for keys and everything else.</summary>
    public const int ChunksPerEntity = (MaxEntityBytes / MaxPropertyBytes) - 1;

    /// <summary>Bytes of a block or a state in one entity.</summary>
    public const int MaxPartBytes = ChunksPerEntity * MaxPropertyBytes;

    /// <summary>
    /// Bytes of block and state in one commit: half of a transaction, because base64 makes them a third larger and keys are
    /// repeated, escaped, in each of the entities.
    /// </summary>
    public const int MaxCommitBytes = MaxTransactionBytes / 2;

    /// <summary>
    /// Producer entries of one commit. The rest of the hundred is for the head, the parts of block and state, and the parts
    /// of the state that is replaced.
    /// </summary>
    public const int MaxCommitProducers = 88;

    /// <summary>Parts that block and state of one commit need at most: splitting two things can cost one part more than one.</summary>
    public const int MaxCommitParts = ((MaxCommitBytes + MaxPartBytes - 1) / MaxPartBytes) + 1;

    /// <summary>Properties for each list in the head (histories, purged ranges): 16,384 entries.</summary>
    public const int MaxListChunks = 4;
}
