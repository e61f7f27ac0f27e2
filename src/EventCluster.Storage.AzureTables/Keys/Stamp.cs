namespace EventCluster.Storage.AzureTables.Keys;

/// <summary>
/// Which attempt to commit something belongs to. No two attempts of a name share one: an owner has its own fence and
/// sends one commit at a time, and each that lands moves the step.
/// </summary>
/// <param name="Fence">The owner's.</param>
/// <param name="Step">Number of the change of this name, through removals; 0 for none.</param>
internal readonly record struct Stamp(long Fence, long Step)
{
    /// <summary>True when this attempt came before another one.</summary>
    public bool IsBefore(Stamp other) => Fence < other.Fence || (Fence == other.Fence && Step < other.Step);

    /// <summary>32 digits that sort like the stamps.</summary>
    public override string ToString() => $"{Fence:x16}{Step:x16}";
}
