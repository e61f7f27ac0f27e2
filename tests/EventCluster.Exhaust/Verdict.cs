namespace EventCluster.Exhaust;

/// <summary>What a case saw.</summary>
internal sealed class Verdict
{
    /// <summary>Why it was not run on this machine.</summary>
    public string? Skipped { get; init; }

    /// <summary>Figures, for the table.</summary>
    public List<string> Figures { get; } = [];

    /// <summary>What is wrong; none is a pass.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Adds a figure, and a fault unless it is right.</summary>
    public void Check(bool isRight, string figure)
    {
        (isRight ? Figures : Faults).Add(figure);
    }

    /// <inheritdoc />
    public override string ToString() => Skipped is not null
        ? $"skipped: {Skipped}"
        : $"{(Faults.Count == 0 ? "passed" : "FAILED: " + string.Join("; ", Faults))}{(Figures.Count == 0 ? "" : " | " + string.Join(", ", Figures))}";
}
