namespace EventCluster.Protocol;

/// <summary>One immutable event as a reader sees it.</summary>
/// <param name="Offset">The position after the event; the SSE <c>id</c> and a read position.</param>
/// <param name="TimeMilliseconds">When it was committed, Unix milliseconds; never smaller than the event before.</param>
/// <param name="Payload">The bytes as published. Shared with caches: never written to.</param>
public readonly record struct EventRecord(StreamOffset Offset, long TimeMilliseconds, ReadOnlyMemory<byte> Payload);
