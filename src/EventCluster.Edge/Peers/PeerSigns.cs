namespace EventCluster.Edge.Peers;

/// <summary>How the other end of a TCP connection behaves.</summary>
/// <param name="InFlight">Segments that were sent and not acknowledged. A reader that takes nothing lets none be sent.</param>
/// <param name="Resent">How often the oldest of them was sent again since the last acknowledgement.</param>
/// <param name="UnansweredProbes">How often a closed receive window was asked about in vain.</param>
/// <param name="SinceLastAck">Time since anything was acknowledged.</param>
internal readonly record struct PeerSigns(int InFlight, int Resent, int UnansweredProbes, TimeSpan SinceLastAck)
{
    /// <summary>Probes of a closed window that may be without an answer because it is on its way.</summary>
    private const int MaxUnansweredProbes = 1;

    /// <summary>
    /// Something is owed by the other end for so long that it must be gone. Sending again without success is part of it: after
    /// a pause of this process the last acknowledgement is old though nothing was sent that could have been answered.
    /// </summary>
    public bool IsGone(TimeSpan limit) =>
        SinceLastAck >= limit && ((InFlight > 0 && Resent > 0) || UnansweredProbes > MaxUnansweredProbes);

    /// <summary>When to look again: at the limit if something is owed, else after a heartbeat.</summary>
    public TimeSpan NextLook(TimeSpan heartbeat, TimeSpan limit)
    {
        var left = limit - SinceLastAck;
        return InFlight == 0 || left > heartbeat ? heartbeat : left > PeerWatch.ShortestPause ? left : PeerWatch.ShortestPause;
    }
}
