namespace EventCluster.Edge.Live;

/// <summary>What to read so that its frames fit one slice: frames are larger than payloads, base64 by a third.</summary>
internal static class SliceBudget
{
    private const int SmallestFrameBytes = 32;

    public static int Bytes(EdgeOptions options) => Math.Max(options.MaxSseSlice / 10 * 7, 1);

    public static int Events(EdgeOptions options) => Math.Max(options.MaxSseSlice / SmallestFrameBytes, 1);
}
