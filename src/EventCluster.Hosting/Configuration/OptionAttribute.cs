namespace EventCluster.Hosting.Configuration;

/// <summary>Makes a property an option: what <c>--help</c> says about it and which values are accepted.</summary>
/// <param name="description">One sentence for <c>--help</c> and the documentation.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute(string description) : Attribute
{
    /// <summary>One sentence for <c>--help</c> and the documentation.</summary>
    public string Description { get; } = description;

    /// <summary>Unit of the value; null for none. Durations are given in seconds.</summary>
    public string? Unit { get; init; }

    /// <summary>Short command-line name without the dashes; null for none.</summary>
    public string? Alias { get; init; }

    /// <summary>True when the value must not be shown, not even to say that it is wrong.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Smallest number accepted.</summary>
    public double Minimum { get; init; } = double.NegativeInfinity;

    /// <summary>Largest number accepted.</summary>
    public double Maximum { get; init; } = double.PositiveInfinity;
}
