namespace EventCluster.Edge.Tests.Claims;

/// <summary>What one answer said about the newest state of a stream.</summary>
/// <param name="Status">The status, or the one that the transport's error code stands for.</param>
/// <param name="Tail">The tail that it claims; null for none.</param>
/// <param name="IsClosed">Whether it says that the stream is closed.</param>
/// <param name="RetryAfter">It says when to come again.</param>
internal sealed record Claim(int Status, string? Tail = null, bool IsClosed = false, bool RetryAfter = false);
