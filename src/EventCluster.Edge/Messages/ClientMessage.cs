using EventCluster.Abstractions.Streams;
using EventCluster.Edge.Http;
using EventCluster.Edge.Memory;
using EventCluster.Edge.Sessions;
using EventCluster.Protocol;

namespace EventCluster.Edge.Messages;

/// <summary>A message of a client, as parsed: <c>id</c> and names are checked, nothing else is decided yet.</summary>
/// <param name="Id">JSON text of the message's <c>id</c> (a string or a number), echoed by the answer; null when absent.</param>
internal abstract record ClientMessage(byte[]? Id)
{
    /// <summary>Deliver a stream from a position on.</summary>
    public sealed record Subscribe(byte[]? Id, StreamName Stream, SubscribeOptions Options) : ClientMessage(Id);

    /// <summary>Stop delivering a stream.</summary>
    public sealed record Unsubscribe(byte[]? Id, StreamName Stream) : ClientMessage(Id);

    /// <summary>Append to a stream, close it, or both.</summary>
    /// <param name="Id">The id of the answer.</param>
    /// <param name="Stream">The stream.</param>
    /// <param name="Request">What the front door is asked for.</param>
    /// <param name="Bytes">Payload bytes, which this connection holds until the answer.</param>
    public sealed record Append(byte[]? Id, StreamName Stream, AppendRequest Request, int Bytes) : ClientMessage(Id)
    {
        /// <summary>What it holds until its commit is settled.</summary>
        public MemoryLease Memory { get; set; }
    }

    /// <summary>More payload bytes are welcome.</summary>
    public sealed record Credit(byte[]? Id, StreamName Stream, long Bytes) : ClientMessage(Id);

    /// <summary>Answer this.</summary>
    public sealed record Ping(byte[]? Id) : ClientMessage(Id);

    /// <summary>A sign of life.</summary>
    public sealed record Pong(byte[]? Id) : ClientMessage(Id);

    /// <summary>A message that is understood but cannot be done: an answer, not a violation.</summary>
    public sealed record Refused(byte[]? Id, string? Stream, RequestFault Fault) : ClientMessage(Id);
}
