using System.Globalization;
using System.Reflection;

namespace EventCluster.Hosting.Configuration;

/// <summary>One option: where it sits in the tree and what is known about it.</summary>
/// <param name="Key">Full key, as <c>EventCluster:LongPoll:Timeout</c>.</param>
/// <param name="Path">Properties from the root of the tree to the option.</param>
/// <param name="Info">Description, unit, bounds, alias.</param>
public sealed record OptionEntry(string Key, IReadOnlyList<PropertyInfo> Path, OptionAttribute Info)
{
    /// <summary>Type of the value; of one that may be left open, the type that it has when it is set.</summary>
    public Type ValueType => Nullable.GetUnderlyingType(Path[^1].PropertyType) ?? Path[^1].PropertyType;

    /// <summary>Name of the environment variable.</summary>
    public string EnvironmentName => Key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>Values accepted, in words: the names of a choice, or the bounds of a number; null for anything.</summary>
    public string? Accepted
    {
        get
        {
            if (ValueType == typeof(bool))
            {
                return "true|false";
            }

            if (ValueType.IsEnum)
            {
                return string.Join('|', Enum.GetNames(ValueType).Select(OptionText.Kebab));
            }

            return (double.IsFinite(Info.Minimum), double.IsFinite(Info.Maximum)) switch
            {
                (true, true) => $"{Number(Info.Minimum)} to {Number(Info.Maximum)}",
                (true, false) => $"at least {Number(Info.Minimum)}",
                (false, true) => $"at most {Number(Info.Maximum)}",
                _ => null,
            };
        }
    }

    /// <summary>The value in a tree.</summary>
    public object? Get(EventClusterOptions root) => Path[^1].GetValue(Holder(root));

    /// <summary>Changes the value in a tree.</summary>
    public void Set(EventClusterOptions root, object value) => Path[^1].SetValue(Holder(root), value);

    private object Holder(EventClusterOptions root) =>
        Path.SkipLast(1).Aggregate((object)root, (holder, section) => section.GetValue(holder)!);

    private static string Number(double value) => value.ToString("#,0.###", CultureInfo.InvariantCulture);
}
