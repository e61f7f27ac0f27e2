namespace EventCluster.Storage.LocalDisk.Salvage;

/// <summary>Something that could not be copied.</summary>
/// <param name="Stream">The stream, or what is known of it.</param>
/// <param name="From">First sequence lost.</param>
/// <param name="To">First sequence after the loss; equal to <paramref name="From"/> when no event is known to be lost.</param>
/// <param name="What">What happened, in words.</param>
public sealed record SalvageLoss(string Stream, long From, long To, string What)
{
    /// <summary>The events are in the new store, for forks that inherit them, and the stream itself does not serve them.</summary>
    public bool IsCopied { get; init; }

    /// <summary>One line for the operator.</summary>
    public override string ToString() => From == To ? $"{Stream}: {What}" : $"{Stream}: sequences [{From}, {To}), {Count(To - From)}: {What}";

    private static string Count(long events) => events == 1 ? "1 event" : $"{events} events";
}
