namespace EventCluster.Core.Running;

/// <summary>Why a parked read goes on.</summary>
internal enum WakeReason
{
    /// <summary>The stream changed, or its owner left: look again.</summary>
    Changed,

    /// <summary>Another owner has the stream: nothing is served from here.</summary>
    Moved,

    /// <summary>The wait is over.</summary>
    TimedOut,

    /// <summary>The caller gave up.</summary>
    Cancelled,
}
