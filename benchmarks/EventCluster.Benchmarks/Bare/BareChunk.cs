namespace EventCluster.Benchmarks.Bare;

/// <summary>A piece of a stream's frames. Readers hold the one they are in; those behind the last reader are collected.</summary>
public sealed class BareChunk
{
    private const int Bytes = 16 * 1024;

    private readonly byte[] _bytes = new byte[Bytes];
    private int _length;

    /// <summary>The piece after it; once there is one, this one has its last bytes.</summary>
    public BareChunk? Next { get; private set; }

    /// <summary>Bytes in it.</summary>
    public int Length => Volatile.Read(ref _length);

    /// <summary>What stands behind a place.</summary>
    public ReadOnlySpan<byte> After(int place) => _bytes.AsSpan(place, Length - place);

    /// <summary>Adds one frame, to a new piece if it has no room for it; returns the piece.</summary>
    public BareChunk Add(ReadOnlySpan<byte> head, ReadOnlySpan<byte> payload)
    {
        var end = _length + head.Length + payload.Length + 2;
        if (end > Bytes)
        {
            Next = new BareChunk();
            return Next.Add(head, payload);
        }

        head.CopyTo(_bytes.AsSpan(_length));
        payload.CopyTo(_bytes.AsSpan(_length + head.Length));
        "\n\n"u8.CopyTo(_bytes.AsSpan(end - 2));
        Volatile.Write(ref _length, end);
        return this;
    }
}
