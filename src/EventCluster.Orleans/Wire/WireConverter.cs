namespace EventCluster.Orleans.Wire;

/// <summary>Turns carried values into their surrogate and back.</summary>
/// <typeparam name="T">A type that <see cref="WireFormats"/> knows.</typeparam>
[RegisterConverter]
internal sealed class WireConverter<T> : IConverter<Wire<T>, WireSurrogate>
{
    private static readonly IWireFormat<T> Format = WireFormats.Of<T>();

    /// <inheritdoc />
    public Wire<T> ConvertFromSurrogate(in WireSurrogate surrogate) => surrogate.Damage is { } damage
        ? Wire<T>.OfDamage(damage)
        : new Wire<T>(Format.Take(surrogate));

    /// <inheritdoc />
    public WireSurrogate ConvertToSurrogate(in Wire<T> value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return value.Damage is { } damage ? new WireSurrogate { Damage = damage } : Format.Put(value.Value);
    }
}
