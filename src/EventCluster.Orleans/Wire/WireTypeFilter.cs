using Orleans.Serialization;

namespace EventCluster.Orleans.Wire;

/// <summary>
/// Allows what a <see cref="Wire{T}"/> carries to be named in messages: types of Protocol, Abstractions and Core, which
/// carry no attribute of Orleans.
/// </summary>
internal sealed class WireTypeFilter : ITypeNameFilter
{
    /// <inheritdoc />
    public bool? IsTypeNameAllowed(string typeName, string assemblyName) =>
        assemblyName?.Split(',')[0] is "EventCluster.Protocol" or "EventCluster.Abstractions" or "EventCluster.Core" or "EventCluster.Orleans"
            ? true
            : null;
}
