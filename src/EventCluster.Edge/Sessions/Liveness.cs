namespace EventCluster.Edge.Sessions;

/// <summary>The rule of both sides' heartbeats: pure, in timestamps of one clock.</summary>
/// <param name="Heartbeat">One heartbeat.</param>
/// <param name="Farewell">How long an ended connection may take to go.</param>
/// <param name="Grace">How long a ping may wait for the next delivery.</param>
internal readonly record struct Liveness(long Heartbeat, long Farewell, long Grace = 0)
{
    /// <summary>What is needed now, and when to ask again.</summary>
    /// <param name="now">Now.</param>
    /// <param name="heard">When the client last said something; null for clients that never speak.</param>
    /// <param name="sent">When the client last took something.</param>
    /// <param name="pinged">When a ping was last asked for.</param>
    /// <param name="endedAt">When the session began to end; null while it goes on.</param>
    public (LivenessAction Action, long NextAt) Decide(long now, long? heard, long sent, long pinged, long? endedAt)
    {
        if (endedAt is { } ended)
        {
            return now >= ended + Farewell ? (LivenessAction.Cut, 0) : (LivenessAction.None, ended + Farewell);
        }

        var cutAt = heard is { } last ? last + (2 * Heartbeat) + Grace : long.MaxValue;
        if (now >= cutAt)
        {
            return (LivenessAction.Cut, 0);
        }

        var pingAt = Math.Max(Math.Min(heard ?? sent, sent), pinged) + Heartbeat;
        var (action, nextPing) = now >= pingAt ? (LivenessAction.Ping, now + Heartbeat) : (LivenessAction.None, pingAt);
        return (action, Math.Min(nextPing, cutAt));
    }
}
