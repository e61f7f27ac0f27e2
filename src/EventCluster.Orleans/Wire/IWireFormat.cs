namespace EventCluster.Orleans.Wire;

/// <summary>In which field of a <see cref="WireSurrogate"/> the values of one type cross between silos.</summary>
/// <typeparam name="T">The type.</typeparam>
internal interface IWireFormat<T>
{
    /// <summary>Sets the field.</summary>
    WireSurrogate Put(T value);

    /// <summary>Reads the field.</summary>
    /// <exception cref="InvalidDataException">A field that every version sends is absent.</exception>
    T Take(in WireSurrogate surrogate);
}
