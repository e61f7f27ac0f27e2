using Orleans.Runtime.MembershipService.SiloMetadata;

namespace EventCluster.Orleans.Placement;

/// <summary>The roles of the cluster's silos, as their metadata name them.</summary>
internal sealed class SiloRoleMap(ISiloMetadataCache metadata, IClusterMembershipService membership, CutOffSilos cutOff)
{
    /// <summary>The key of the metadata that says that a silo answers its peers' questions about the store.</summary>
    public const string WitnessKey = "eventcluster.witness";

    /// <summary>The key of the metadata; the value is a <see cref="SiloRoles"/> in lower case.</summary>
    public const string MetadataKey = "eventcluster.role";

    /// <summary>The metadata of a silo with these roles.</summary>
    public static Dictionary<string, string> MetadataOf(SiloRoles roles) => new()
    {
        [MetadataKey] = roles.ToString().ToLowerInvariant(),
        [WitnessKey] = "1",
    };

    /// <summary>
    /// The active silos that host streams, in an order that all silos agree on; without those that do not reach the store.
    /// </summary>
    public IEnumerable<SiloAddress> ActiveBacklogSilos => ActiveSilos.Where(silo => IsBacklog(silo) && !cutOff.Contains(silo));

    /// <summary>The active silos that answer questions about the store; one of an earlier version does not.</summary>
    public IEnumerable<SiloAddress> ActiveWitnesses =>
        ActiveSilos.Where(silo => metadata.GetSiloMetadata(silo).Metadata.ContainsKey(WitnessKey));

    private IEnumerable<SiloAddress> ActiveSilos => membership.CurrentSnapshot.Members.Values
        .Where(static member => member.Status == SiloStatus.Active)
        .Select(static member => member.SiloAddress)
        .Order();

    /// <summary>True if the silo hosts streams.</summary>
    public bool IsBacklog(SiloAddress silo) =>
        metadata.GetSiloMetadata(silo).Metadata.TryGetValue(MetadataKey, out var role)
        && Enum.TryParse<SiloRoles>(role, ignoreCase: true, out var roles)
        && roles.HasFlag(SiloRoles.Backlog);
}
