using EventCluster.Faults.Images;

namespace EventCluster.Faults.Damage;

/// <summary>A file ends early.</summary>
/// <param name="File">The file.</param>
/// <param name="Length">Its new length.</param>
internal sealed record CutMutation(string File, int Length) : Mutation("cut", $"{File}: cut to {Length} bytes")
{
    public override SortedDictionary<string, byte[]>? Apply(StoreImage image) =>
        Length < image.Files[File].Length ? With(image, File, image.Files[File][..Length]) : null;
}
