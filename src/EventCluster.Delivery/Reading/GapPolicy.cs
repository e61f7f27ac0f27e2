namespace EventCluster.Delivery.Reading;

/// <summary>What happens when the position cannot be served (<c>onGap=</c>).</summary>
internal enum GapPolicy : byte
{
    /// <summary>The transport decides.</summary>
    Default = 0,

    /// <summary>One message, then from the earliest retained position.</summary>
    Signal = 1,

    /// <summary>One message, then from the tail.</summary>
    Latest = 2,

    /// <summary>410.</summary>
    Fail = 3,
}
