using System.Text;
using Xunit;

namespace EventCluster.EndToEnd.Tests.LostHistory;

/// <summary>Rots bytes of a stopped server's data.</summary>
public static class DataDamage
{
    /// <summary>Flips every bit of the marker wherever it stands in a file of the folder; it must stand somewhere.</summary>
    public static void Flip(string folder, string marker)
    {
        var pattern = Encoding.UTF8.GetBytes(marker);
        var found = 0;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            for (var at = bytes.AsSpan().IndexOf(pattern); at >= 0;)
            {
                found++;
                stream.Position = at;
                foreach (var value in pattern)
                {
                    stream.WriteByte((byte)~value);
                }

                bytes.AsSpan(at, pattern.Length).Clear();
                at = bytes.AsSpan().IndexOf(pattern);
            }
        }

        Assert.True(found > 0, $"'{marker}' is in no file of the data folder.");
    }
}
