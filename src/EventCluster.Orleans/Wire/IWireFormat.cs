namespace EventCluster.Orleans.Wire;

/// <summary>How values of one type cross between silos.</summary>
/// <typeparam name="T">The type.</typeparam>
internal interface IWireFormat<T>
{
    /// <summary>Writes a value.</summary>
    void Write(WireWriter writer, T value);

    /// <summary>Reads what <see cref="Write"/> wrote; fields of a newer version behind the known ones are ignored.</summary>
    T Read(WireReader reader);
}
