namespace EventCluster.Orleans.Connections;

/// <summary>One end does not want this connection.</summary>
/// <param name="reason">One plain sentence without secrets; the other end gets it too.</param>
/// <param name="isTold">True when the other end said so.</param>
public sealed class HandshakeRefusedException(string reason, bool isTold = false) : Exception(reason)
{
    /// <summary>True when the other end said so; false when this one did.</summary>
    public bool IsTold => isTold;

    /// <summary>True when the next attempt may succeed: nothing was found out about the other end.</summary>
    public bool IsPassing { get; init; }

    /// <summary>True when the connection ended without a word: a node that dies, or that is too busy, does so, too.</summary>
    public bool IsBrokenOff { get; init; }
}
