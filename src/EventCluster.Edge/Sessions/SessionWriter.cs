using System.IO.Pipelines;
using EventCluster.Edge.Live;

namespace EventCluster.Edge.Sessions;

/// <summary>The connection's buffer, written by one loop.</summary>
internal sealed class SessionWriter(LiveResponse response) : ISessionConnection
{
    /// <inheritdoc />
    public bool HasUnflushed => Unflushed > 0;

    /// <summary>Bytes that were written since the last flush.</summary>
    public long Unflushed { get; private set; }

    /// <inheritdoc />
    public int Slice => response.Slice;

    /// <summary>Most bytes of any slice.</summary>
    public int MaxSlice => response.MaxSlice;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(response.Output.GetSpan(bytes.Length));
        response.Output.Advance(bytes.Length);
        Unflushed += bytes.Length;
    }

    /// <inheritdoc />
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        Unflushed = 0;
        var flush = response.Output.FlushAsync(cancellationToken);
        response.NoteFlush(flush.IsCompleted);
        return flush;
    }
}
