using System.IO.Pipelines;

namespace EventCluster.Edge.Sessions;

/// <summary>The connection's buffer, written by one loop.</summary>
internal sealed class SessionWriter(PipeWriter output)
{
    /// <summary>Whether something was written since the last flush.</summary>
    public bool HasUnflushed { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
        HasUnflushed = true;
    }

    /// <summary>Hands over what was written; completes when the client took most of it.</summary>
    public ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken)
    {
        HasUnflushed = false;
        return output.FlushAsync(cancellationToken);
    }
}
