using System.Globalization;

namespace EventCluster.Hosting.Configuration;

/// <summary>Option values as text and back.</summary>
internal static class OptionText
{
    private static readonly (string Suffix, decimal Seconds)[] Units =
        [("ms", 0.001m), ("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];

    /// <summary><c>NoStore</c> as <c>no-store</c>.</summary>
    public static string Kebab(string name) =>
        string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));

    /// <summary>A value the way an operator would write it.</summary>
    public static string Format(object? value) => value switch
    {
        null => "",
        bool flag => flag ? "true" : "false",
        Enum choice => Kebab(choice.ToString()),
        TimeSpan time => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
        IEnumerable<string> list => string.Join(',', list),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>Reads a value for an option.</summary>
    /// <param name="entry">The option.</param>
    /// <param name="text">What the operator wrote.</param>
    /// <param name="value">The value.</param>
    /// <returns>False when the text is no value of the option's type or outside its bounds.</returns>
    public static bool TryParse(OptionEntry entry, string text, out object value)
    {
        var type = entry.ValueType;
        text = text.Trim();
        value = text;
        if (text.Length == 0 && Nullable.GetUnderlyingType(entry.Path[^1].PropertyType) is not null)
        {
            value = null!;
            return true;
        }

        if (type == typeof(string))
        {
            return text.Length > 0 || entry.Get(new EventClusterOptions()) is "";
        }

        if (type == typeof(bool))
        {
            value = text.Equals("true", StringComparison.OrdinalIgnoreCase);
            return (bool)value || text.Equals("false", StringComparison.OrdinalIgnoreCase);
        }

        if (type.IsEnum)
        {
            var name = Array.Find(
                Enum.GetNames(type), name => Same(name, text));
            value = name is null ? text : Enum.Parse(type, name);
            return name is not null;
        }

        if (type == typeof(IReadOnlyList<string>))
        {
            value = text.Split([',', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return true;
        }

        return TryParseNumber(entry, text, out value);
    }

    private static bool Same(string name, string text) =>
        name.Equals(text.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);

    /// <summary>Takes the unit off a duration, <c>7d</c>; seconds without one.</summary>
    private static decimal TakeUnit(ref string text)
    {
        foreach (var (suffix, seconds) in Units)
        {
            if (text.Length > suffix.Length && text.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && char.IsAsciiDigit(text[^(suffix.Length + 1)]))
            {
                text = text[..^suffix.Length];
                return seconds;
            }
        }

        return 1;
    }

    private static bool TryParseNumber(OptionEntry entry, string text, out object value)
    {
        var isTime = entry.ValueType == typeof(TimeSpan);
        var unit = isTime ? TakeUnit(ref text) : 1;
        var styles = isTime ? NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign : NumberStyles.AllowLeadingSign;
        value = text;
        if (!decimal.TryParse(text, styles, CultureInfo.InvariantCulture, out var number)
            || Math.Abs(number) > 1e12m
            || (double)(number *= unit) < entry.Info.Minimum
            || (double)number > entry.Info.Maximum
            || Math.Abs(number) > (isTime ? 1e10m : entry.ValueType == typeof(int) ? int.MaxValue : long.MaxValue))
        {
            return false;
        }

        value = isTime ? TimeSpan.FromSeconds((double)number)
            : entry.ValueType == typeof(int) ? (object)(int)number
            : (long)number;
        return true;
    }
}
