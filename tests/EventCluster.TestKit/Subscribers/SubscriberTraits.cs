namespace EventCluster.TestKit.Subscribers;

/// <summary>What sets a transport apart, as far as a client must know.</summary>
[Flags]
public enum SubscriberTraits
{
    /// <summary>None of the below.</summary>
    None = 0,

    /// <summary>It needs HTTP/2, so another port where that is in clear text.</summary>
    Http2 = 1,

    /// <summary>It has no frame for a gap: whatever the policy, the answer is 410 and the client begins again.</summary>
    GapEndsIt = 2,

    /// <summary>Before the server stops it says when to come back.</summary>
    AnnouncesMove = 4,

    /// <summary>CR and CRLF inside text arrive as LF.</summary>
    JoinsLineEnds = 8,

    /// <summary>It waits for events; without it the client asks again and again.</summary>
    Waits = 16,
}
