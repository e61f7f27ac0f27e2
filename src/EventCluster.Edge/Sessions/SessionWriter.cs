using System.IO.Pipelines;
using EventCluster.Edge.Live;

namespace EventCluster.Edge.Sessions;

/// <summary>The connection's buffer, written by one loop.</summary>
internal sealed class SessionWriter(LiveResponse response) : ISessionConnection
{
    /// <inheritdoc />
    public bool HasUnflushed { get; private set; }

    /// <inheritdoc />
    public int Slice => response.Slice;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(response.Output.GetSpan(bytes.Length));
        response.Output.Advance(bytes.Length);
        HasUnflushed = true;
    }

    /// <inheritdoc />
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        HasUnflushed = false;
        var flush = response.Output.FlushAsync(cancellationToken);
        response.NoteFlush(flush.IsCompleted);
        return flush;
    }
}
