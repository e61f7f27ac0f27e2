namespace EventCluster.Hosting.Configuration;

/// <summary>What an answer about the newest state of a stream rests on.</summary>
public enum ReadConfirmationKind
{
    /// <summary>A confirmation in the store that was asked for after the request came.</summary>
    Strict = 0,

    /// <summary>A confirmation that may be as old as the operator allows.</summary>
    Bounded = 1,
}
