using System.IO.Pipelines;

namespace EventCluster.Delivery.Pump;

/// <summary>Where the bytes of one live connection go, and how many of them at once.</summary>
/// <param name="maxSlice">Most bytes of any slice: what a client that takes nothing makes the server hold.</param>
internal abstract class LiveOutput(int maxSlice)
{
    /// <summary>Where it is written to.</summary>
    public abstract PipeWriter Output { get; }

    /// <summary>Most bytes of the next slice: small after a flush that had to wait, doubling with each that had not.</summary>
    public int Slice { get; private set; } = maxSlice;

    /// <summary>Most bytes of any slice: what a client that takes nothing makes the server hold.</summary>
    public int MaxSlice { get; } = maxSlice;

    /// <summary>Takes note of whether the client's buffers took a slice at once.</summary>
    public void NoteFlush(bool completedAtOnce) =>
        Slice = completedAtOnce ? Math.Min(Slice * 2, MaxSlice) : Math.Min(DeliveryLimits.SlowSliceBytes, MaxSlice);

    /// <summary>Cuts the connection.</summary>
    public abstract void Abort();
}
