using Orleans.Runtime.MembershipService.SiloMetadata;

namespace EventCluster.Orleans.Placement;

/// <summary>The roles of the cluster's silos, as their metadata name them.</summary>
internal sealed class SiloRoleMap(ISiloMetadataCache metadata, IClusterMembershipService membership)
{
    /// <summary>The key of the metadata; the value is a <see cref="SiloRoles"/> in lower case.</summary>
    public const string MetadataKey = "eventcluster.role";

    /// <summary>The metadata of a silo with these roles.</summary>
    public static Dictionary<string, string> MetadataOf(SiloRoles roles) => new()
    {
        [MetadataKey] = roles.ToString().ToLowerInvariant(),
    };

    /// <summary>The active silos that host streams, in an order that all silos agree on.</summary>
    public IEnumerable<SiloAddress> ActiveBacklogSilos => membership.CurrentSnapshot.Members.Values
        .Where(member => member.Status == SiloStatus.Active && IsBacklog(member.SiloAddress))
        .Select(member => member.SiloAddress)
        .Order();

    /// <summary>True if the silo hosts streams.</summary>
    public bool IsBacklog(SiloAddress silo) =>
        metadata.GetSiloMetadata(silo).Metadata.TryGetValue(MetadataKey, out var role)
        && Enum.TryParse<SiloRoles>(role, ignoreCase: true, out var roles)
        && roles.HasFlag(SiloRoles.Backlog);
}
