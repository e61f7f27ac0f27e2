using System.Reflection;

namespace EventCluster.Hosting.Configuration;

/// <summary>All options, found by their attributes, so that help, binding and faults never drift from the tree.</summary>
public static class OptionCatalog
{
    /// <summary>Every option of the single node in the order of the tree.</summary>
    public static IReadOnlyList<OptionEntry> All { get; } = Of(typeof(EventClusterOptions));

    /// <summary>Every option of a node of a cluster.</summary>
    public static IReadOnlyList<OptionEntry> OfSilo { get; } = Of(typeof(ClusterNodeOptions));

    /// <summary>Every option of a tree.</summary>
    public static IReadOnlyList<OptionEntry> Of(EventClusterOptions options) => options is ClusterNodeOptions ? OfSilo : All;

    private static IReadOnlyList<OptionEntry> Of(Type root) => [.. Find(root, EventClusterOptions.Section, [])];

    private static IEnumerable<OptionEntry> Find(Type type, string prefix, PropertyInfo[] path)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var key = $"{prefix}:{property.Name}";
            PropertyInfo[] here = [.. path, property];
            if (property.GetCustomAttribute<OptionAttribute>() is { } info)
            {
                yield return new OptionEntry(key, here, info);
                continue;
            }

            foreach (var entry in Find(property.PropertyType, key, here))
            {
                yield return entry;
            }
        }
    }
}
