using EventCluster.Protocol;

namespace EventCluster.Storage.AzureTables;

/// <summary>Where the tables are and how hard the account may be worked.</summary>
public sealed class AzureTablesOptions
{
    /// <summary>Shortest and longest name of a table that leaves room for the index's suffix (the service allows 63).</summary>
    public const int MinTableLength = 3;

    /// <summary>Longest name of a table.</summary>
    public const int MaxTableLength = 50;

    /// <summary>Connection string of the storage account, with a key or a shared access signature.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The table of the streams; its indexes are in a second one, of this name and <c>index</c>. Both are made.</summary>
    public string Table { get; init; } = "eventcluster";

    /// <summary>The cluster that the data belongs to. The first start writes it down; others are refused.</summary>
    public string ClusterId { get; init; } = "eventcluster";

    /// <summary>Who this node is, for the refusals of others.</summary>
    public string NodeName { get; init; } = $"{Environment.MachineName}:{Environment.ProcessId}";

    /// <summary>
    /// The tables come from a copy: draws a new identity for the data and opens a new history at the tail of every stream, once.
    /// Refused while any node uses these very tables.
    /// </summary>
    public bool Restored { get; init; }

    /// <summary>How often this node moves its alive-stamp, and asks whether the data are still those that it serves.</summary>
    public TimeSpan AliveInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a start with <see cref="Restored"/> watches the stamps of others: several times the interval.</summary>
    public TimeSpan AliveWatch { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long silos of versions before identities are watched, when tables of theirs are taken over and silos are in the
    /// membership that did not leave it: more than two of their alive-stamps take, one each 30 s.
    /// </summary>
    public TimeSpan EarlierSilosWatch { get; init; } = TimeSpan.FromSeconds(65);

    /// <summary>Most streams of the whole store; creating one more is refused, as far as this node has counted.</summary>
    public int MaxStreams { get; init; } = ProtocolLimits.MaxStreams;

    /// <summary>Most commits of this node in flight, and as many other requests; one more waits.</summary>
    public int MaxRequests { get; init; } = 64;

    /// <summary>How long one request may take before its outcome is unknown.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long opening a connection may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an unreachable service is tried again.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often purged blocks are looked for.</summary>
    public TimeSpan HousekeepingInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long purged blocks of a stream gather before they are deleted. Purges within half of it share one note, so that a
    /// stream that is trimmed with every append costs one more request in that time and not with each append.
    /// </summary>
    public TimeSpan SweepDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long the fence of a name without a stream is remembered. What is forgotten is below a floor that new fences of
    /// names nobody remembers start above: forgetting costs an open and never an order.
    /// </summary>
    public TimeSpan FenceMemory { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How often the streams are counted, which reads the whole catalogue.</summary>
    public TimeSpan CountInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Refuses values that cannot work, naming all of them.</summary>
    /// <exception cref="ArgumentException">What is wrong and what is allowed.</exception>
    internal static void Check(AzureTablesOptions options)
    {
        string?[] faults =
        [
            string.IsNullOrWhiteSpace(options.ConnectionString) ? "ConnectionString must name a storage account" : null,
            IsTable(options.Table) ? null : "Table must be 3 to 50 letters and digits, and begin with a letter",
            string.IsNullOrWhiteSpace(options.ClusterId) ? "ClusterId must not be empty" : null,
            options.MaxStreams < 1 ? "MaxStreams must be at least 1" : null,
            options.MaxRequests < 1 ? "MaxRequests must be at least 1" : null,
            options.RequestTimeout <= TimeSpan.Zero ? "RequestTimeout must be above zero" : null,
            options.ConnectTimeout <= TimeSpan.Zero ? "ConnectTimeout must be above zero" : null,
            options.RetryAfter <= TimeSpan.Zero ? "RetryAfter must be above zero" : null,
            options.AliveInterval <= TimeSpan.Zero ? "AliveInterval must be above zero" : null,
            options.AliveWatch < 2 * options.AliveInterval ? "AliveWatch must be at least twice AliveInterval" : null,
            options.HousekeepingInterval <= TimeSpan.Zero ? "HousekeepingInterval must be above zero" : null,
            options.SweepDelay < TimeSpan.Zero ? "SweepDelay must not be negative" : null,
            options.FenceMemory < TimeSpan.Zero ? "FenceMemory must not be negative" : null,
            options.CountInterval <= TimeSpan.Zero ? "CountInterval must be above zero" : null,
        ];
        var found = string.Join("; ", faults.Where(fault => fault is not null));
        if (found.Length > 0)
        {
            throw new ArgumentException($"{found}.", nameof(options));
        }
    }

    /// <summary>True for a name that both tables can have.</summary>
    public static bool IsTable(string text) =>
        text.Length is >= MinTableLength and <= MaxTableLength
        && char.IsAsciiLetter(text[0])
        && text.All(char.IsAsciiLetterOrDigit);
}
