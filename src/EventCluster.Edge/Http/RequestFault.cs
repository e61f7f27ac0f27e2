using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Edge.Http;

/// <summary>A refusal: what goes on the wire when a request or its outcome is not a success.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The stable code.</param>
/// <param name="Detail">What was wrong and what is allowed.</param>
internal sealed record RequestFault(int Status, ErrorCode Code, string Detail)
{
    /// <summary>Response headers that belong to the refusal.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>The gap, as members of the problem details.</summary>
    public StreamGap? Gap { get; init; }

    /// <summary>Where a subscription stopped, and where one continues that leaves out what it stopped at.</summary>
    public (StreamOffset From, StreamOffset To)? Skip { get; init; }

    /// <summary>What the client sent as its position, where that was none.</summary>
    public string? SentPosition { get; init; }

    /// <summary>With a gap: where to read on.</summary>
    public StreamOffset Resume { get; init; }

    public static RequestFault BadRequest(string detail) => new(400, ErrorCode.BadRequest, detail);
}
