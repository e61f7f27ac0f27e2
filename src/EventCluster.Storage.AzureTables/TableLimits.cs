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

    /// <summary>
    /// Full properties in one entity: so many that it is below the limit even where its text, with base64, is measured
    /// instead of its data, and keys and the other properties have room beside them.
    /// </summary>
    public const int ChunksPerEntity = (MaxEntityBytes / MaxPropertyBytes * 3 / 4) - 1;

    /// <summary>Bytes of a block or a state in one entity.</summary>
    public const int MaxPartBytes = ChunksPerEntity * MaxPropertyBytes;

    /// <summary>
    /// Bytes of block and state in one commit: room for an append of <see cref="MaxAppendBytes"/> with its index and a state.
    /// Base64 makes them a third larger, 3 MiB, and keys are repeated, escaped, in each of the entities.
    /// </summary>
    public const int MaxCommitBytes = (MaxTransactionBytes / 2) + (256 * 1024);

    /// <summary>Payload bytes of one append.</summary>
    public const int MaxAppendBytes = MaxTransactionBytes / 2;

    /// <summary>
    /// Producer entries of one commit. With the longest name and ids each takes some 12 KiB of the request; and the rest of
    /// the hundred is for the head, the parts of block and state, and the parts of the state that is replaced.
    /// </summary>
    public const int MaxCommitProducers = 64;

    /// <summary>Parts that block and state of one commit need at most: splitting two things can cost one part more than one.</summary>
    public const int MaxCommitParts = ((MaxCommitBytes + MaxPartBytes - 1) / MaxPartBytes) + 1;

    /// <summary>Properties for each list in the head (histories, purged ranges): 16,384 entries.</summary>
    public const int MaxListChunks = 4;
}
