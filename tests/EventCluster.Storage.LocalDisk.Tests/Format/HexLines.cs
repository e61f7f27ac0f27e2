using System.Text;

namespace EventCluster.Storage.LocalDisk.Tests.Format;

/// <summary>Bytes as lines of hex and meaning, so that a changed format shows which field changed.</summary>
internal static class HexLines
{
    /// <summary>One line per field; what is left over is shown as <c>rest</c>.</summary>
    public static string Describe(ReadOnlySpan<byte> bytes, params ReadOnlySpan<(int Count, string Meaning)> fields)
    {
        var text = new StringBuilder();
        foreach (var (count, meaning) in fields)
        {
            text.Append(Convert.ToHexStringLower(bytes[..count])).Append("  ").Append(meaning).Append('\n');
            bytes = bytes[count..];
        }

        return (bytes.IsEmpty ? text.ToString() : $"{text}{Convert.ToHexStringLower(bytes)}  rest").TrimEnd('\n');
    }
}
