namespace EventCluster.Storage.PostgreSql.Import;

/// <summary>Counts of a copy while it runs; shared by all streams of a run.</summary>
public sealed class ImportProgress
{
    private long _streams;
    private long _events;
    private long _bytes;

    /// <summary>Streams that are in the store now, earlier runs included.</summary>
    public long Streams => Interlocked.Read(ref _streams);

    /// <summary>Events written by this run.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Bytes of blocks written by this run.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    internal void AddStream() => Interlocked.Increment(ref _streams);

    internal void AddBlocks(long events, long bytes)
    {
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _bytes, bytes);
    }
}
