using EventCluster.Abstractions.Streams;
using EventCluster.Delivery.Framing;
using EventCluster.Protocol;

namespace EventCluster.Edge.Sessions;

/// <summary>One stream on a connection. Between two turns it is its position and its credit, nothing more.</summary>
/// <param name="name">The stream.</param>
/// <param name="options">How it is delivered.</param>
/// <param name="id">The id that the answer to its opening carries, for transports that have one.</param>
internal sealed class Subscription(StreamName name, SubscribeOptions options, byte[]? id = null)
{
    /// <summary>Credit of a subscription that has no bound of its own.</summary>
    public const long Unbounded = long.MaxValue;

    /// <summary>The stream.</summary>
    public StreamName Name => name;

    /// <summary>How it is delivered.</summary>
    public SubscribeOptions Options => options;

    /// <summary>The id of the request that opened it.</summary>
    public byte[]? Id => id;

    /// <summary>What it is doing.</summary>
    public SubscriptionPhase Phase { get; set; }

    /// <summary>The client was told that it began.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Its stream does not exist and is waited for.</summary>
    public bool IsAwaited { get; set; }

    /// <summary>When it last had something, that was everything there was.</summary>
    public bool IsCaughtUp { get; set; }

    /// <summary>Payload bytes that the client still welcomes; below zero after an event that was larger than what was left.</summary>
    public long Credit { get; set; } = options.Credit ?? Unbounded;

    /// <summary>Where delivery has got to; default until the start is resolved.</summary>
    public StreamOffset Position { get; set; }

    /// <summary>The stream's fixed expiry as it was known last.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Why it ended, once it has.</summary>
    public StreamEnd Ending { get; set; }

    /// <summary>Events in hand, while <see cref="SubscriptionPhase.Ready"/>.</summary>
    public ReadOutcome.Batch? Batch { get; set; }

    /// <summary>What the transport's messages with events begin with.</summary>
    public byte[]? Prefix { get; set; }

    /// <summary>How its events stand in messages.</summary>
    public SseFraming Framing { get; set; }

    /// <summary>The answer that the client waits for; null when it was given, or when no request opened the subscription.</summary>
    public AnswerOrder.Answer? Answer { get; set; }

    /// <summary>Where it reads; the loop's alone.</summary>
    public SubscriptionSource? Source { get; set; }
}
