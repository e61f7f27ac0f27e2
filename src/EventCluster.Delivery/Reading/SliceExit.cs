namespace EventCluster.Delivery.Reading;

/// <summary>How the delivery of a large event ended.</summary>
internal enum SliceExit
{
    /// <summary>The client took all of it.</summary>
    Sent = 0,

    /// <summary>The client is gone.</summary>
    Gone = 1,

    /// <summary>
    /// The event was removed while its client was slow: the connection is cut inside it, so that no client takes a part for
    /// the whole.
    /// </summary>
    Lost = 2,

    /// <summary>It was removed before any of it was written; the reader reads on.</summary>
    Removed = 3,
}
