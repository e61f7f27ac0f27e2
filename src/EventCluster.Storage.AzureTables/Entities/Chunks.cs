using Azure.Data.Tables;

namespace EventCluster.Storage.AzureTables.Entities;

/// <summary>Bytes over as many binary properties as they need: <c>X0</c>, <c>X1</c>, …</summary>
internal static class Chunks
{
    /// <summary>Properties that so many bytes need.</summary>
    public static int CountOf(int bytes) => (bytes + TableLimits.MaxPropertyBytes - 1) / TableLimits.MaxPropertyBytes;

    /// <summary>Names of the properties, for a projection.</summary>
    public static IEnumerable<string> Names(string prefix, int count) => Enumerable.Range(0, count).Select(i => $"{prefix}{i}");

    /// <summary>Sets the properties.</summary>
    public static void Write(TableEntity entity, string prefix, ReadOnlyMemory<byte> bytes)
    {
        for (var i = 0; i < CountOf(bytes.Length); i++)
        {
            var start = i * TableLimits.MaxPropertyBytes;
            var length = Math.Min(TableLimits.MaxPropertyBytes, bytes.Length - start);
            entity[$"{prefix}{i}"] = BinaryData.FromBytes(bytes.Slice(start, length));
        }
    }

    /// <summary>Reads the properties into the target.</summary>
    /// <returns>False when they hold fewer or more bytes than it.</returns>
    public static bool TryRead(TableEntity entity, string prefix, Span<byte> target)
    {
        for (var i = 0; i < CountOf(target.Length); i++)
        {
            var start = i * TableLimits.MaxPropertyBytes;
            var length = Math.Min(TableLimits.MaxPropertyBytes, target.Length - start);
            if (entity.GetBinary($"{prefix}{i}") is not { } chunk || chunk.Length != length)
            {
                return false;
            }

            chunk.CopyTo(target.Slice(start, length));
        }

        return true;
    }
}
