namespace EventCluster.Benchmarks.Running;

/// <summary>Medians.</summary>
public static class Statistics
{
    /// <summary>The middle value; the mean of the middle two when there are two.</summary>
    public static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
