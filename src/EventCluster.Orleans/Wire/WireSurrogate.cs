namespace EventCluster.Orleans.Wire;

/// <summary>The form of a <see cref="Wire{T}"/> between silos: the fields as one small buffer, payloads beside it.</summary>
[GenerateSerializer]
[Immutable]
[Alias("ec.surrogate")]
public struct WireSurrogate
{
    /// <summary>The fields, in the format of <see cref="WireFormats"/>.</summary>
    [Id(0)]
    public byte[]? Fields { get; set; }

    /// <summary>One buffer per block, or one for all payloads of an append.</summary>
    [Id(1)]
    public ReadOnlyMemory<byte>[]? Buffers { get; set; }

    /// <summary>A report of damage instead of a value.</summary>
    [Id(2)]
    public string? Damage { get; set; }
}
