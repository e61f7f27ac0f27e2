namespace EventCluster.Simulation.World;

/// <summary>Where a stream name stands, as far as its clients know.</summary>
internal enum SlotPhase
{
    /// <summary>No stream.</summary>
    Absent,

    /// <summary>A creation was sent and not answered.</summary>
    Creating,

    /// <summary>The stream exists.</summary>
    Live,

    /// <summary>A delete was sent and not answered.</summary>
    Deleting,
}
