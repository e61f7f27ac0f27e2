using EventCluster.Delivery.Reading;

namespace EventCluster.Edge.Sessions;

/// <summary>How a stream is delivered.</summary>
/// <param name="Start">Where it begins.</param>
/// <param name="OnGap">What happens when the position cannot be served; the default is <see cref="GapPolicy.Signal"/>.</param>
/// <param name="Base64">Payloads as base64 whatever their type.</param>
/// <param name="Credit">Payload bytes welcome at first; null for no bound but the connection's own.</param>
/// <param name="MaxMessageBytes">Most bytes of a message; 0 for no bound but the slice.</param>
/// <param name="WaitForStream">How long a stream that does not exist is waited for; null when that is an error at once.</param>
internal readonly record struct SubscribeOptions(
    ReadStart Start = default,
    GapPolicy OnGap = GapPolicy.Default,
    bool Base64 = false,
    long? Credit = null,
    int MaxMessageBytes = 0,
    TimeSpan? WaitForStream = null)
{
    /// <summary>What <c>maxMessageBytes</c> may be.</summary>
    public static string MaxMessageBytesRule { get; } =
        $"maxMessageBytes must be {EdgeLimits.SmallestMaxMessageBytes} to {EdgeLimits.MaxWebSocketMessageBytes} bytes.";
}
