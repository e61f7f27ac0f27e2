namespace EventCluster.TestKit.Claims;

/// <summary>What an answer says about the tail of a stream.</summary>
public enum ClaimKind
{
    /// <summary>Nothing: no answer, a refusal for now, or events without a word about what follows.</summary>
    None,

    /// <summary>The position is the tail, and the stream is closed or not.</summary>
    Tail,

    /// <summary>There are events up to the position; whether more follow is not said.</summary>
    Reached,

    /// <summary>There is no such stream.</summary>
    Missing,
}
