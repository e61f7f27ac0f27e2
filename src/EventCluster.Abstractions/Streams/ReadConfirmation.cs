namespace EventCluster.Abstractions.Streams;

/// <summary>
/// What an answer may claim about now (CORRECTNESS rule 27). Refusals that end something (not found, gone, gap) and empty
/// batches are always confirmed in the store after the request arrived, or after its wait ended.
/// </summary>
public enum ReadConfirmation
{
    /// <summary>
    /// A tail is confirmed in the store after the request arrived. A batch with events whose tail cannot be confirmed has
    /// <see cref="ReadOutcome.Batch.ClaimWithheld"/>.
    /// </summary>
    Strict = 0,

    /// <summary>
    /// The owner confirmed its ownership at most a second ago; the answer admits what lies behind the tail, and claims no tail.
    /// </summary>
    Recent = 1,

    /// <summary>
    /// The reader follows the stream and claims the tail by its own watch over the owner: events come without a question to the
    /// store.
    /// </summary>
    Followed = 2,
}
