using System.Text;

namespace EventCluster.Benchmarks.Http;

/// <summary>A stream under load: its ready-made request, and how much of it was acknowledged.</summary>
public sealed class AppendTarget
{
    private long _acknowledged;

    /// <summary>A stream on a server.</summary>
    public AppendTarget(Uri server, string name, ReadOnlySpan<byte> payload)
    {
        Path = $"/v1/stream/{name}";
        var head = $"POST {Path} HTTP/1.1\r\nHost: {server.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {payload.Length}\r\n\r\n";
        Request = (byte[])[.. Encoding.ASCII.GetBytes(head), .. payload];
    }

    /// <summary>Path of the stream.</summary>
    public string Path { get; }

    /// <summary>The bytes of one append.</summary>
    public ReadOnlyMemory<byte> Request { get; }

    /// <summary>Acknowledged appends of all rounds, warm-up included; the stream's tail must be here.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Counts one.</summary>
    public void Acknowledge() => Interlocked.Increment(ref _acknowledged);
}
