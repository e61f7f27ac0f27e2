using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Wire;

/// <summary>A read's outcome, and whether an empty batch is one because the whole wait is over.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="WaitEnded">The owner waited as long as it was asked to; false when a change ended the wait.</param>
public sealed record ReadReply(ReadOutcome Outcome, bool WaitEnded);
