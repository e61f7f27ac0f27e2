using EventCluster.Edge;
using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Configuration;

/// <summary>
/// Everything an operator can set: the section <c>EventCluster</c> of <c>appsettings.json</c>, of the environment
/// (<c>EventCluster__Key</c>) and of the command line (<c>--EventCluster:Key=value</c>). Later sources win in this order.
/// </summary>
public class EventClusterOptions
{
    /// <summary>The name of the section.</summary>
    public const string Section = "EventCluster";

    private readonly HashSet<string> _set = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where the server listens.</summary>
    [Option("addresses to listen on, several separated by ';'", Alias = "urls")]
    public string Urls { get; set; } = "http://127.0.0.1:4437";

    /// <summary>Where the server speaks HTTP/2 in clear text.</summary>
    [Option("address for HTTP/2 in clear text with prior knowledge; empty for none")]
    public string Http2Url { get; set; } = "";

    /// <summary>Where the embedded store keeps its files.</summary>
    [Option("folder of the embedded store; created when missing", Alias = "data")]
    public string DataPath { get; set; } = "./data";

    /// <summary>Which store remembers the streams.</summary>
    [Option("which store remembers the streams; memory forgets at exit; azure-tables is for nodes of a cluster")]
    public StoreKind Store { get; set; } = StoreKind.LocalDisk;

    /// <summary>Allows listening beyond loopback although nobody is asked for credentials.</summary>
    [Option("listen on other than loopback addresses although nobody is asked for credentials")]
    public bool AllowUnauthenticated { get; set; }

    /// <summary>Host names that requests may carry.</summary>
    [Option("names that the Host header may carry, without port; '*' for any; addresses listened on may always be named")]
    public IReadOnlyList<string> AllowedHosts { get; set; } = EdgeOptions.LoopbackHosts;

    /// <summary>Who may cache catch-up answers.</summary>
    [Option("who may cache catch-up answers: everybody, the client, nobody")]
    public CachePolicy Caching { get; set; } = CachePolicy.Private;

    /// <summary>Form of the log on standard output.</summary>
    [Option("form of the log on standard output")]
    public LogFormat LogFormat { get; set; } = LogFormat.Console;

    /// <summary>Least severe log entries written.</summary>
    [Option("least severe log entries that are written")]
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>Connections.</summary>
    public HttpSection Http { get; } = new();

    /// <summary>Certificates.</summary>
    public TlsSection Tls { get; } = new();

    /// <summary>Browser pages of other origins.</summary>
    public CorsSection Cors { get; } = new();

    /// <summary>Long-polling.</summary>
    public LongPollSection LongPoll { get; } = new();

    /// <summary>Server-Sent Events.</summary>
    public SseSection Sse { get; } = new();

    /// <summary>Retention of streams that set none themselves.</summary>
    public RetentionSection Retention { get; } = new();

    /// <summary>Bounds of the node.</summary>
    public LimitsSection Limits { get; } = new();

    /// <summary>What is kept in memory.</summary>
    public MemorySection Memory { get; } = new();

    /// <summary>The embedded store.</summary>
    public LocalDiskSection LocalDisk { get; } = new();

    /// <summary>The shared store.</summary>
    public PostgreSqlSection PostgreSql { get; } = new();

    /// <summary>The end of the process.</summary>
    public ShutdownSection Shutdown { get; } = new();

    /// <summary>Reads all sources anew, with the faults found; null where options do not come from sources.</summary>
    internal Func<(EventClusterOptions Options, IReadOnlyList<string> Faults)>? ReadAgain { get; set; }

    /// <summary>Whether an operator set an option, to its default or to another value.</summary>
    /// <param name="key">The whole key, <c>EventCluster:…</c>.</param>
    public bool IsSet(string key) => _set.Contains(key);

    /// <summary>An option was read from a source.</summary>
    internal void NoteSet(string key) => _set.Add(key);
}
