namespace EventCluster.Hosting.Node;

/// <summary>What the process used when it was looked at; of its memory, what was so after the last collection.</summary>
/// <param name="Processor">Processor time since the start.</param>
/// <param name="Allocated">Bytes allocated since the start.</param>
/// <param name="Live">Bytes of the heap in use.</param>
/// <param name="Free">Bytes that the collector has from the system beside those.</param>
internal readonly record struct MemorySample(TimeSpan Processor, long Allocated, long Live, long Free)
{
    /// <summary>This process, now.</summary>
    public static MemorySample Now()
    {
        var memory = GC.GetGCMemoryInfo();
        var live = memory.HeapSizeBytes - memory.FragmentedBytes;
        return new MemorySample(
            Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: false), live, memory.TotalCommittedBytes - live);
    }
}
