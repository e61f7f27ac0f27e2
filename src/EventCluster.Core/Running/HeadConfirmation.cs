using EventCluster.Abstractions;
using EventCluster.Abstractions.Store;

namespace EventCluster.Core.Running;

/// <summary>What the store said of a stream, and when it was asked.</summary>
/// <param name="Stamp">Fence and version; <c>default</c> for no stream.</param>
/// <param name="Question">The question's number among everything that this node sent to the store (<see cref="RunnerContext.NoteQuestion"/>).</param>
/// <param name="AskedAt">When it was sent.</param>
internal readonly record struct HeadConfirmation(HeadStamp Stamp, long Question, ClockReading AskedAt);
