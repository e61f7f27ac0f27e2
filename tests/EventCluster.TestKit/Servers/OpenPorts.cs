using System.Globalization;
using System.Net;

namespace EventCluster.TestKit.Servers;

/// <summary>Where a process listens, from the kernel's tables: what <c>ss -ltnp</c> prints.</summary>
public static class OpenPorts
{
    private const string Listening = "0A";

    /// <summary>The addresses and ports at which a process accepts connections.</summary>
    public static IReadOnlyCollection<IPEndPoint> Of(int pid)
    {
        var sockets = Directory.EnumerateFiles($"/proc/{pid}/fd").Select(TargetOf).Where(static target => target.StartsWith("socket:[", StringComparison.Ordinal))
            .Select(static target => target[8..^1]).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. new[] { "tcp", "tcp6" }
                .SelectMany(table => File.ReadLines($"/proc/{pid}/net/{table}").Skip(1))
                .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[3] == Listening && sockets.Contains(fields[9]))
                .Select(static fields => Parse(fields[1]))
                .Distinct(),
        ];
    }

    private static string TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? "";
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return "";
        }
    }

    // Words of four bytes in the machine's order.
    private static IPEndPoint Parse(string text)
    {
        var parts = text.Split(':');
        var bytes = Convert.FromHexString(parts[0]);
        for (var word = 0; word < bytes.Length; word += sizeof(int))
        {
            if (BitConverter.IsLittleEndian)
            {
                Array.Reverse(bytes, word, sizeof(int));
            }
        }

        return new IPEndPoint(new IPAddress(bytes), int.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
    }
}
