namespace EventCluster.Benchmarks.Clients;

/// <summary>How readers are connected, and how one tells that a connection is ready and what it carries.</summary>
/// <param name="Name">In figures.</param>
/// <param name="Request">The first bytes of a connection, from the stream's name and the position to resume after (null: the tail).</param>
/// <param name="Status">How the head of an HTTP/1.1 answer begins; empty when there is none.</param>
/// <param name="NewBody">What carries the body.</param>
public sealed record LiveTransport(string Name, Func<string, string?, byte[]> Request, string Status, Func<IBody> NewBody)
{
    /// <summary>Bytes sent when the head has come.</summary>
    public Func<string, string?, byte[]>? Opening { get; init; }

    /// <summary>What the body shows first when the reader has its place; empty: the head is enough.</summary>
    public string Ready { get; init; } = "";

    /// <summary>SHA-256 of the server's certificate; null for clear text.</summary>
    public string? Certificate { get; init; }

    /// <summary>A port of its own; null for the subject's.</summary>
    public int? Port { get; init; }
}
