using System.Buffers;

namespace EventCluster.Benchmarks.Bare;

/// <summary>An event on its way to the disk, and who waits for it.</summary>
public sealed class BareAppend(BareStream stream, ReadOnlySequence<byte> payload)
{
    private readonly TaskCompletionSource<long> _committed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its stream.</summary>
    public BareStream Stream => stream;

    /// <summary>Its bytes.</summary>
    public byte[] Payload { get; } = payload.ToArray();

    /// <summary>The position after it, once it is on disk.</summary>
    public Task<long> Committed => _committed.Task;

    /// <summary>It is on disk.</summary>
    public void Complete() => _committed.SetResult(stream.Add(Payload));
}
