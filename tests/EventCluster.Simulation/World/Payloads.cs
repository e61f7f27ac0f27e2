using System.Text;

namespace EventCluster.Simulation.World;

/// <summary>Events that name themselves, of mixed sizes.</summary>
internal static class Payloads
{
    private const int LongestRecorded = 120;

    /// <summary>An event of this identity.</summary>
    public static string Make(string id, Random random)
    {
        var filler = random.Next(20) switch { 0 => random.Next(4_000), < 6 => random.Next(300), _ => random.Next(20) };
        return $"{id}|{new string((char)('a' + random.Next(26)), filler)}";
    }

    public static ReadOnlyMemory<byte> Encode(string payload) => Encoding.UTF8.GetBytes(payload);

    public static ReadOnlyMemory<byte>[] Encode(string[] payloads) => [.. payloads.Select(Encode)];

    /// <summary>How histories write an event: short ones whole, long ones by their start and a hash of the rest.</summary>
    public static string Record(string payload) => payload.Length <= LongestRecorded
        ? payload
        : $"{payload[..LongestRecorded]}…{payload.Length}:{Hash(payload):x8}";

    public static string Record(ReadOnlyMemory<byte> payload) => Record(Encoding.UTF8.GetString(payload.Span));

    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 16777619u;
        }

        return hash;
    }
}
