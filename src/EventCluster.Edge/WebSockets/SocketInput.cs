using EventCluster.Edge.Messages;

namespace EventCluster.Edge.WebSockets;

/// <summary>One thing that a client sent.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Payload">The text or the ping's payload; valid until the next read.</param>
/// <param name="Code">For a close the client's code, for a violation the answer.</param>
/// <param name="Reason">For a violation: what was wrong.</param>
internal readonly record struct SocketInput(
    SocketInputKind Kind, ReadOnlyMemory<byte> Payload = default, CloseCode Code = default, string Reason = "")
{
    public static SocketInput Violates(CloseCode code, string reason) => new(SocketInputKind.Violation, default, code, reason);
}
