using EventCluster.Protocol;

namespace EventCluster.Delivery.Reading;

/// <summary>How much of a block a budget has room for.</summary>
internal static class SliceFit
{
    /// <summary>
    /// The largest index up to <paramref name="end"/> so that the events from <paramref name="start"/> fit both budgets;
    /// the first event of a read always fits.
    /// </summary>
    public static int End(EventBlock block, int start, int end, int maxBytes, int maxEvents, bool isFirst)
    {
        var most = Math.Min(end, start + Math.Max(maxEvents, isFirst ? 1 : 0));
        if (most <= start || block.GetPayloadBytes(start, most) <= maxBytes)
        {
            return Math.Max(most, start);
        }

        var (low, high) = (start, most);
        while (high - low > 1)
        {
            var middle = (low + high) / 2;
            if (block.GetPayloadBytes(start, middle) <= maxBytes)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low == start && isFirst ? start + 1 : low;
    }
}
