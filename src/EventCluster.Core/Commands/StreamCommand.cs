using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Core.Blocks;
using EventCluster.Core.Decisions;
using EventCluster.Core.State;

namespace EventCluster.Core.Commands;

/// <summary>
/// One mutating command on its way through a runner: prepared (may read the store), decided (pure, perhaps more than
/// once), and finished exactly once: released after its commit, refused, or failed.
/// </summary>
internal abstract class StreamCommand
{
    /// <summary>Events that the command adds.</summary>
    public virtual int EventCount => 0;

    /// <summary>Payload bytes that the command adds.</summary>
    public virtual long PayloadBytes => 0;

    /// <summary>The command adds data, so a full medium refuses it; others may still fit into a reserve.</summary>
    public virtual bool NeedsRoom => false;

    /// <summary>Comes from a client, so that the limit of pending commands holds for it.</summary>
    public virtual bool IsBounded => true;

    /// <summary>
    /// The outcome says something about the stream (refused, exists, duplicate, nothing to do), so only its newest owner
    /// may give it. A commit of the same batch proves that; without one, the store is asked.
    /// </summary>
    public virtual bool NeedsOwnership => true;

    /// <summary>How often the command was decided for a commit that did not land.</summary>
    public int Attempts { get; set; }

    /// <summary>The command must be the first of its commit, with <see cref="PrepareAsync"/> before it is decided.</summary>
    public virtual bool NeedsPreparation(StreamLog log) => false;

    /// <summary>Reads from the store what the decision needs; nothing else is decided meanwhile.</summary>
    public virtual ValueTask PrepareAsync(StreamLog log, BlockReader reader) => ValueTask.CompletedTask;

    /// <summary>Decides against the log and keeps the decision.</summary>
    public abstract void Decide(StreamLog log, long now);

    /// <summary>Everything decided up to this command is committed: answer.</summary>
    /// <param name="view">The committed instant.</param>
    public abstract void Release(StreamView view);

    /// <summary>Not now: answer with the reason.</summary>
    public abstract void Refuse(UnavailableReason reason, string detail);

    /// <summary>The store refused the commit; nothing was written.</summary>
    public virtual void RefuseByStore(CommitStatus status)
    {
        if (status == CommitStatus.Full)
        {
            Refuse(UnavailableReason.StorageFull, "The storage is full; delete or trim streams, or add space.");
        }
        else if (status == CommitStatus.Unreachable)
        {
            Refuse(UnavailableReason.StoreUnreachable, "The store does not answer now; nothing was done.");
        }
        else
        {
            Refuse(UnavailableReason.StoreFailed, "The store refuses writes until the server is started again.");
        }
    }

    /// <summary>A surprise: the caller gets the exception, or "not now" when the store does not answer.</summary>
    public abstract void Fail(Exception exception);
}
