namespace EventCluster.TestKit.Network;

/// <summary>How a network loses what is sent.</summary>
public enum LinkFault
{
    /// <summary>The cable is pulled: the node's interface has no carrier.</summary>
    Cable,

    /// <summary>A route of the sender leads nowhere: new connections fail at once, those that are there get no answer.</summary>
    Blackhole,

    /// <summary>What is sent leaves the node and reaches nobody, as behind a firewall that drops.</summary>
    Silence,
}
