using EventCluster.Protocol;

namespace EventCluster.Storage.PostgreSql;

/// <summary>Where the shared store is and how hard it may be worked. Sizes in bytes.</summary>
public sealed class PostgreSqlOptions
{
    /// <summary>Longest name of a schema: PostgreSQL cuts identifiers at 63 bytes.</summary>
    public const int MaxSchemaLength = 63;

    /// <summary>Npgsql connection string; the database must exist, the schema is made.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The schema that holds the store's tables: lower case letters, digits and underscores.</summary>
    public string Schema { get; init; } = "eventcluster";

    /// <summary>The cluster that the data belongs to. The first start writes it down; others are refused.</summary>
    public string ClusterId { get; init; } = "eventcluster";

    /// <summary>Who this node is: the name of its session, and of its refusals to others. PostgreSQL keeps its first 50 bytes.</summary>
    public string NodeName { get; init; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>
    /// The database comes from a backup: draws a new identity for the data and opens a new history at the tail of every stream,
    /// once. Refused while any node uses this very database.
    /// </summary>
    public bool Restored { get; init; }

    /// <summary>Most streams of the whole store; creating one more is refused.</summary>
    public int MaxStreams { get; init; } = ProtocolLimits.MaxStreams;

    /// <summary>Largest sum of block bytes and state bytes of one commit.</summary>
    public int MaxCommitBytes { get; init; } = ProtocolLimits.MaxBlockBytes + (1024 * 1024);

    /// <summary>Most connections for opens, reads and listings; one more waits.</summary>
    public int MaxConnections { get; init; } = 20;

    /// <summary>
    /// Opening the store makes the connections that a takeover of streams needs, and plans its statements: a node that has
    /// just started is where streams are moved to.
    /// </summary>
    public bool ConnectsAtStart { get; init; }

    /// <summary>Transactions of gathered commits in flight at once, each on a connection of its own.</summary>
    public int CommitConnections { get; init; } = 2;

    /// <summary>Most bytes gathered into one transaction, beyond its first commit.</summary>
    public int MaxGroupBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Most commits gathered into one transaction.</summary>
    public int MaxGroupCommits { get; init; } = 512;

    /// <summary>Most commits that wait for a transaction; one more waits for room.</summary>
    public int MaxWaitingCommits { get; init; } = 100_000;

    /// <summary>
    /// Most names without a stream whose fence is remembered. Older ones are forgotten: creating under a forgotten fence
    /// is a conflict, so forgetting costs a new open and never an order.
    /// </summary>
    public int MaxRememberedFences { get; init; } = 100_000;

    /// <summary>How long one round trip may take before its connection is given up; whole seconds.</summary>
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long opening a connection, or waiting for a free one, may take; whole seconds.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a commit or an open may wait to be sent. While the database is out, groups fail one after another; what waited behind them
    /// is answered instead of sent.
    /// </summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often an unreachable database is tried again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often this node asks whether the data are still those that it serves, beside each new connection.</summary>
    public TimeSpan IdentityCheckInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long silos of versions before identities are watched, when a schema of theirs is migrated and silos are in its
    /// membership that did not leave it: more than two of their alive-stamps take, one each 30 s.
    /// </summary>
    public TimeSpan EarlierSilosWatch { get; init; } = TimeSpan.FromSeconds(65);

    /// <summary>How often purged blocks are looked for.</summary>
    public TimeSpan HousekeepingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Most rows that one transaction of housekeeping deletes.</summary>
    public int PurgeBatchRows { get; init; } = 500;

    /// <summary>Refuses values that cannot work, naming all of them.</summary>
    /// <exception cref="ArgumentException">What is wrong and what is allowed.</exception>
    internal static void Check(PostgreSqlOptions options)
    {
        string?[] faults =
        [
            string.IsNullOrWhiteSpace(options.ConnectionString) ? "ConnectionString must name a database" : null,
            IsSchema(options.Schema)
                ? null : "Schema must be lower case letters, digits and underscores, and begin with a letter",
            string.IsNullOrWhiteSpace(options.ClusterId) ? "ClusterId must not be empty" : null,
            options.MaxStreams < 1 ? "MaxStreams must be at least 1" : null,
            options.MaxCommitBytes < 1024 ? "MaxCommitBytes must be at least 1024" : null,
            options.MaxConnections < 1 ? "MaxConnections must be at least 1" : null,
            options.CommitConnections < 1 ? "CommitConnections must be at least 1" : null,
            options.MaxGroupBytes < 4096 ? "MaxGroupBytes must be at least 4096" : null,
            options.MaxGroupCommits < 1 ? "MaxGroupCommits must be at least 1" : null,
            options.MaxWaitingCommits < 1 ? "MaxWaitingCommits must be at least 1" : null,
            options.MaxRememberedFences < 1 ? "MaxRememberedFences must be at least 1" : null,
            options.CommandTimeout < TimeSpan.FromSeconds(1) ? "CommandTimeout must be at least a second" : null,
            options.ConnectTimeout < TimeSpan.FromSeconds(1) ? "ConnectTimeout must be at least a second" : null,
            options.MaxWait <= TimeSpan.Zero ? "MaxWait must be above zero" : null,
            options.RetryAfter <= TimeSpan.Zero ? "RetryAfter must be above zero" : null,
            options.IdentityCheckInterval <= TimeSpan.Zero ? "IdentityCheckInterval must be above zero" : null,
            options.HousekeepingInterval <= TimeSpan.Zero ? "HousekeepingInterval must be above zero" : null,
            options.PurgeBatchRows < 1 ? "PurgeBatchRows must be at least 1" : null,
        ];
        var found = string.Join("; ", faults.Where(fault => fault is not null));
        if (found.Length > 0)
        {
            throw new ArgumentException($"{found}.", nameof(options));
        }
    }

    /// <summary>True for a name that can be a schema without quoting.</summary>
    public static bool IsSchema(string text) =>
        text.Length is > 0 and <= MaxSchemaLength
        && char.IsAsciiLetterLower(text[0])
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
}
