using Orleans.Metadata;

namespace EventCluster.Orleans.Grains;

/// <summary>
/// Calls of clients of the cluster go through all gateways in turn, not through one per grain: the next attempt of a call
/// passes by a gateway that hangs. No order is lost, as two calls in flight have none.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class AnyGatewayAttribute : Attribute, IGrainPropertiesProviderAttribute
{
    /// <inheritdoc />
    public void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        properties[WellKnownGrainTypeProperties.Unordered] = "true";
    }
}
