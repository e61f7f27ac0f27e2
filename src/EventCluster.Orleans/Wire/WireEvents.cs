namespace EventCluster.Orleans.Wire;

/// <summary>Payloads between silos: their bytes end to end in one buffer, so that many small ones cost one allocation.</summary>
[GenerateSerializer]
[Immutable]
[Alias("ec.events")]
internal record struct WireEvents
{
    /// <summary>How many payloads.</summary>
    [Id(0)]
    public int Count;

    /// <summary>The length of each payload; null for none or one.</summary>
    [Id(1)]
    public int[]? Lengths;

    /// <summary>
    /// The payloads end to end. Neither nullable nor an element of an array: only a plain field of this type is written as one
    /// run of bytes by Orleans, all others byte by byte.
    /// </summary>
    [Id(2)]
    public ReadOnlyMemory<byte> Bytes;

    /// <summary>Packs payloads. A single one is not copied.</summary>
    public static WireEvents Of(IReadOnlyList<ReadOnlyMemory<byte>> events)
    {
        if (events.Count <= 1)
        {
            return events.Count == 0 ? default : new WireEvents { Count = 1, Bytes = events[0] };
        }

        var lengths = new int[events.Count];
        var total = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            lengths[i] = events[i].Length;
            total = checked(total + lengths[i]);
        }

        var bytes = GC.AllocateUninitializedArray<byte>(total);
        var at = 0;
        for (var i = 0; i < lengths.Length; i++)
        {
            events[i].Span.CopyTo(bytes.AsSpan(at));
            at += lengths[i];
        }

        return new WireEvents { Count = lengths.Length, Lengths = lengths, Bytes = bytes };
    }

    /// <summary>The payloads, as slices of one buffer.</summary>
    /// <exception cref="InvalidDataException">The lengths do not add up to the bytes.</exception>
    public readonly IReadOnlyList<ReadOnlyMemory<byte>> ToList()
    {
        if (Count <= 1)
        {
            return Count == 0 ? [] : [Bytes];
        }

        if (Lengths?.Length != Count)
        {
            throw Damaged();
        }

        var events = new ReadOnlyMemory<byte>[Count];
        var at = 0;
        for (var i = 0; i < events.Length; i++)
        {
            if (Lengths[i] < 0 || Lengths[i] > Bytes.Length - at)
            {
                throw Damaged();
            }

            events[i] = Bytes.Slice(at, Lengths[i]);
            at += Lengths[i];
        }

        return at == Bytes.Length ? events : throw Damaged();
    }

    private readonly InvalidDataException Damaged() =>
        new($"The lengths of {Count} events of a message between silos do not add up to its {Bytes.Length} bytes.");
}
