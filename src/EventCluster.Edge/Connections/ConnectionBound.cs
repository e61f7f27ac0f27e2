using System.Globalization;

namespace EventCluster.Edge.Connections;

/// <summary>How many connections this process takes, and which of its limits says so.</summary>
/// <param name="Connections">The number.</param>
/// <param name="Configured">What was asked for.</param>
/// <param name="Binding">The limit that binds, in words for the operator.</param>
public sealed record ConnectionBound(int Connections, int Configured, string Binding)
{
    /// <summary>
    /// What the server holds for a connection that does nothing, above what was measured: Kestrel's objects and pipes, one block
    /// of 4 KiB in each direction, and the state of TLS. What it sends and receives has shares of its own.
    /// </summary>
    public const int BytesPerConnection = 32 * 1024;

    /// <summary>
    /// What it holds at most for one whose client sends what nobody reads: an unfinished head, or bytes beside a response that never
    /// ends; with a record of TLS in each direction and a full response buffer.
    /// </summary>
    public const int MaxBytesPerConnection =
        BytesPerConnection + EdgeLimits.RequestBufferBytes + (2 * TlsRecordBytes) + EdgeLimits.ResponseBufferBytes;

    /// <summary>The key of the option that asks for a number.</summary>
    public const string Option = "EventCluster:Limits:Connections";

    private const int TlsRecordBytes = 17 * 1024;

    /// <summary>
    /// Connections that there is memory for: as many idle ones as the share is enough for, and no more than fit, each with the most
    /// that a client can make it hold, into the share and what no share claims. So all of them together never take what was
    /// promised to other shares.
    /// </summary>
    /// <param name="share">Bytes of the share of connections.</param>
    /// <param name="beside">Bytes that the runtime may use and that belong to no share.</param>
    public static int InMemory(long share, long beside) => (int)Math.Clamp(
        Math.Min(share / BytesPerConnection, (share + Math.Max(0, beside)) / MaxBytesPerConnection), 1, int.MaxValue);

    /// <summary>Whether the system or its memory allows less than was asked for.</summary>
    public bool IsBelowConfigured => Connections < Configured;

    /// <summary>The least of what was asked for, what descriptors allow, and what memory allows.</summary>
    /// <param name="configured">The option.</param>
    /// <param name="descriptors">Connections for which there are descriptors, the reserve taken off; null when the system has no limit.</param>
    /// <param name="memory">Connections for which there is memory; null when nobody counted.</param>
    public static ConnectionBound Of(int configured, DescriptorLimit? descriptors, int? memory)
    {
        var bound = new ConnectionBound(configured, configured, Option);
        if (descriptors is { Connections: var possible } && possible < bound.Connections)
        {
            bound = bound with { Connections = possible, Binding = descriptors.ToString() };
        }

        if (memory < bound.Connections)
        {
            bound = bound with { Connections = Math.Max(1, memory.Value), Binding = "the share of memory for connections (EventCluster:Memory:Shares:Connections)" };
        }

        return bound;
    }

    /// <inheritdoc />
    public override string ToString() => IsBelowConfigured
        ? string.Create(CultureInfo.InvariantCulture, $"{Connections} connections at most, not {Configured}: {Binding}")
        : string.Create(CultureInfo.InvariantCulture, $"{Connections} connections at most: {Binding}");
}
