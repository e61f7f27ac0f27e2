using EventCluster.Abstractions.Streams;

namespace EventCluster.Edge.Sessions;

/// <summary>Something that a session has to deal with on its own thread: the outcome of a read, or a piece of work.</summary>
/// <param name="Run">The work; null for the outcome of a read.</param>
/// <param name="Subscription">Whose read is done.</param>
/// <param name="Outcome">Its outcome; null when it brought events while the connection took nothing.</param>
/// <param name="IsOpening">The read was the first one.</param>
internal readonly record struct SessionEvent(
    Action? Run, Subscription? Subscription = null, ReadOutcome? Outcome = null, bool IsOpening = false);
