using EventCluster.Faults.Images;

namespace EventCluster.Faults.Damage;

/// <summary>One byte has another value.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">Where.</param>
/// <param name="Mask">Bits that are flipped; 0 to clear all of them.</param>
internal sealed record ByteMutation(string File, int Offset, byte Mask)
    : Mutation(Mask == 0 ? "zeroed" : "flipped", Mask == 0 ? $"{File}: byte {Offset} is zero" : $"{File}: byte {Offset} xor {Mask}")
{
    public override SortedDictionary<string, byte[]>? Apply(StoreImage image)
    {
        var was = image.Files[File];
        if (Mask == 0 && was[Offset] == 0)
        {
            return null;
        }

        var bytes = was.AsSpan().ToArray();
        bytes[Offset] = Mask == 0 ? (byte)0 : (byte)(was[Offset] ^ Mask);
        return With(image, File, bytes);
    }
}
