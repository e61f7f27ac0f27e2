namespace EventCluster.Orleans.Wire;

/// <summary>
/// Every type that crosses between silos. Versions N and N−1 run side by side during a rolling upgrade: the number of a
/// case and the order of its fields never change; a new field goes behind the last one and is optional.
/// </summary>
internal sealed partial class WireFormats
{
    private static readonly WireFormats All = new();

    /// <summary>The format of a type.</summary>
    /// <exception cref="InvalidCastException">The type does not cross between silos.</exception>
    public static IWireFormat<T> Of<T>() => (IWireFormat<T>)(object)All;

    private static InvalidOperationException Unknown(string family, long kind) =>
        new($"Case {kind} of {family} is not known to this build; the silo that sent it is more than one version newer.");
}
