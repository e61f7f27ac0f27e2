namespace EventCluster.Delivery.Pump;

/// <summary>Why a connection left its pump; its position says how far it came.</summary>
internal enum PumpExit
{
    /// <summary>It has to read on by itself: it fell behind, its next event is larger than a slice, or its
    /// stream has news that is no event.</summary>
    ReadOn = 0,

    /// <summary>Its time on the pump is over.</summary>
    Expired = 1,

    /// <summary>It was cancelled.</summary>
    Cancelled = 2,

    /// <summary>Its client is gone.</summary>
    Aborted = 3,
}
