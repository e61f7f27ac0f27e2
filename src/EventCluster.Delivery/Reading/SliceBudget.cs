namespace EventCluster.Delivery.Reading;

/// <summary>What to read so that its frames fit one slice: frames are larger than payloads, base64 by a third.</summary>
internal static class SliceBudget
{
    private const int SmallestFrameBytes = 32;

    /// <summary>Most payload bytes to read for a slice.</summary>
    public static int Bytes(int maxSlice) => Math.Max(maxSlice / 10 * 7, 1);

    /// <summary>Most events to read for a slice.</summary>
    public static int Events(int maxSlice) => Math.Max(maxSlice / SmallestFrameBytes, 1);
}
