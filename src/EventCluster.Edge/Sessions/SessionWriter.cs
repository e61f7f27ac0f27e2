using System.IO.Pipelines;
using EventCluster.Edge.Live;

namespace EventCluster.Edge.Sessions;

/// <summary>The connection's buffer, written by one loop.</summary>
internal sealed class SessionWriter(LiveResponse response)
{
    /// <summary>Whether something was written since the last flush.</summary>
    public bool HasUnflushed { get; private set; }

    /// <summary>Most bytes of the next slice.</summary>
    public int Slice => response.Slice;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(response.Output.GetSpan(bytes.Length));
        response.Output.Advance(bytes.Length);
        HasUnflushed = true;
    }

    /// <summary>Hands over what was written; completes when the client took most of it.</summary>
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        HasUnflushed = false;
        var flush = response.Output.FlushAsync(cancellationToken);
        response.NoteFlush(flush.IsCompleted);
        return flush;
    }
}
