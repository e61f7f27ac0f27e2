namespace EventCluster.Benchmarks.Clients;

/// <summary>Takes what carries a body (chunk headers, frames of HTTP/2) out of received bytes.</summary>
public interface IBody
{
    /// <summary>Moves the body's bytes to the front, whatever the pieces they arrive in.</summary>
    /// <returns>How many there are.</returns>
    int Decode(Span<byte> received);

    /// <summary>The body is complete, so nothing more will come.</summary>
    bool IsEnded => false;

    /// <summary>What has to be sent in answer to what was received; empty most of the time.</summary>
    ReadOnlyMemory<byte> TakeReply() => default;
}
