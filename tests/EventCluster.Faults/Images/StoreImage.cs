namespace EventCluster.Faults.Images;

/// <summary>The files of a store at one moment, and what was acknowledged before it.</summary>
/// <param name="Name">How it came about.</param>
/// <param name="Files">All files by name.</param>
/// <param name="States">
/// What a start on these files may serve, newest last. After an orderly stop only the last acknowledged state; after a
/// kill also those of the last second before it, because a start cannot tell damage there from a torn write.
/// </param>
/// <param name="Answers">The same states as a server answers them.</param>
/// <param name="Earlier">The same files some time before, for damage that brings old content back.</param>
internal sealed record StoreImage(
    string Name,
    SortedDictionary<string, byte[]> Files,
    IReadOnlyList<StoreState> States,
    IReadOnlyList<IReadOnlyDictionary<string, WorkAnswer>> Answers,
    SortedDictionary<string, byte[]> Earlier)
{
    /// <summary>Bytes of all files.</summary>
    public long Bytes => Files.Values.Sum(file => (long)file.Length);
}
