using EventCluster.Faults.Images;

namespace EventCluster.Faults.Damage;

/// <summary>Something happens to whole files.</summary>
internal sealed record FileMutation(string What, string Words, Action<StoreImage, SortedDictionary<string, byte[]>> Change)
    : Mutation(What, Words)
{
    public override SortedDictionary<string, byte[]>? Apply(StoreImage image)
    {
        var files = new SortedDictionary<string, byte[]>(image.Files, StringComparer.Ordinal);
        Change(image, files);
        return files.Count == image.Files.Count && files.All(file => image.Files.TryGetValue(file.Key, out var was) && was.AsSpan().SequenceEqual(file.Value))
            ? null
            : files;
    }
}
