namespace EventCluster.Delivery.Pump;

/// <summary>What a pump has to look at on a connection.</summary>
[Flags]
internal enum PumpSignals
{
    None = 0,

    /// <summary>It wants to be served.</summary>
    Attach = 1,

    /// <summary>Its flush completed.</summary>
    Flushed = 2,

    /// <summary>Its heartbeat or its end is due.</summary>
    Due = 4,

    /// <summary>It wants to leave.</summary>
    Cancel = 8,
}
