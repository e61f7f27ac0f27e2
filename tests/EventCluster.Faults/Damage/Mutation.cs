using EventCluster.Faults.Images;

namespace EventCluster.Faults.Damage;

/// <summary>Something that happens to the files of a store while nobody has it open.</summary>
/// <param name="Kind">What counts are kept by.</param>
/// <param name="Text">What happens, in words that name the place.</param>
internal abstract record Mutation(string Kind, string Text)
{
    /// <summary>The files afterwards; null if nothing would change.</summary>
    public abstract SortedDictionary<string, byte[]>? Apply(StoreImage image);

    /// <summary>The same files with one of other content.</summary>
    protected static SortedDictionary<string, byte[]> With(StoreImage image, string file, byte[] bytes) =>
        new(image.Files, StringComparer.Ordinal) { [file] = bytes };
}
