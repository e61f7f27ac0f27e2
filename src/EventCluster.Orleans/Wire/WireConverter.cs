namespace EventCluster.Orleans.Wire;

/// <summary>Turns carried values into their surrogate and back.</summary>
/// <typeparam name="T">A type that <see cref="WireFormats"/> knows.</typeparam>
[RegisterConverter]
public sealed class WireConverter<T> : IConverter<Wire<T>, WireSurrogate>
{
    private static readonly IWireFormat<T> Format = WireFormats.Of<T>();

    /// <inheritdoc />
    public Wire<T> ConvertFromSurrogate(in WireSurrogate surrogate) => surrogate.Damage is { } damage
        ? Wire<T>.OfDamage(damage)
        : new Wire<T>(Format.Read(new WireReader(surrogate.Fields ?? [], surrogate.Buffers ?? [])));

    /// <inheritdoc />
    public WireSurrogate ConvertToSurrogate(in Wire<T> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Damage is { } damage)
        {
            return new WireSurrogate { Damage = damage };
        }

        using var writer = new WireWriter();
        Format.Write(writer, value.Value);
        return new WireSurrogate { Fields = writer.GetFields(), Buffers = writer.GetBuffers() };
    }
}
